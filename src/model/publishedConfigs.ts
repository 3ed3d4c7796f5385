/**
 * The fields of config.json that are read, of the published checkpoints.
 * @see https://huggingface.co/facebook/opt-125m/blob/main/config.json and its siblings
 */
const common = {
  model_type: "opt",
  activation_function: "relu",
  vocab_size: 50272,
  max_position_embeddings: 2048,
  bos_token_id: 2,
  eos_token_id: 2,
  pad_token_id: 1,
};

function published(layers: number, heads: number, hidden: number, embed = hidden, before = true) {
  return {
    ...common,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    hidden_size: hidden,
    ffn_dim: 4 * hidden,
    word_embed_proj_dim: embed,
    do_layer_norm_before: before,
  };
}

/** Smallest first. */
export const publishedConfigs = {
  "opt-125m": published(12, 12, 768),
  "opt-350m": published(24, 16, 1024, 512, false),
  "opt-1.3b": published(24, 32, 2048),
  "opt-2.7b": published(32, 32, 2560),
} as const;
