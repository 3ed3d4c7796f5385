import { type OptConfig, parseConfig } from "../config.ts";

/** A small model whose sizes are no multiples of the tile sizes of any kernel. */
export function oddConfig(more: Readonly<Record<string, unknown>> = {}): OptConfig {
  return parseConfig({
    model_type: "opt",
    activation_function: "relu",
    bos_token_id: 2,
    eos_token_id: 2,
    vocab_size: 333,
    max_position_embeddings: 41,
    num_hidden_layers: 2,
    num_attention_heads: 3,
    hidden_size: 36,
    ffn_dim: 50,
    ...more,
  });
}
