import type { OptConfig } from "./config.ts";

/**
 * The transformer block a parameter belongs to; null for embeddings, projections and the final norm;
 * "head" for the score head, which takes part in every step.
 */
export type Block = number | "head" | null;

/** The weight of the score head: [labels, wordEmbedProjDim], no bias. */
const HEAD = "score.weight";

/** One parameter of the model. */
export interface Parameter {
  /** As in `named_parameters()` of `OPTForCausalLM`, or of `OPTForSequenceClassification`. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly elements: number;
  /** Its place in that order: the `tensor` of the noise contract. */
  readonly index: number;
  readonly block: Block;
  /** Weight decay applies: neither bias nor layer norm, as MeZO skips them. */
  readonly decays: boolean;
}

/**
 * Every parameter, in the order of transformers' `named_parameters()`. The tied `lm_head.weight` does
 * not appear; a score head comes last, so the table without it is the same but for its end.
 *
 * @see transformers, modeling_opt.py, OPTDecoder.__init__, OPTDecoderLayer.__init__ and
 *   OPTForSequenceClassification.__init__
 */
export function parameterTable(config: OptConfig): readonly Parameter[] {
  const { hiddenSize: C, wordEmbedProjDim: E, ffnDim: F } = config;
  const shapes: [name: string, ...shape: number[]][] = [
    ["embed_tokens.weight", config.vocabSize, E],
    ["embed_positions.weight", config.maxPositionEmbeddings + 2, C],
  ];
  if (E !== C) shapes.push(["project_out.weight", E, C], ["project_in.weight", C, E]);
  if (config.hasFinalLayerNorm) {
    shapes.push(["final_layer_norm.weight", C], ["final_layer_norm.bias", C]);
  }
  for (let block = 0; block < config.numHiddenLayers; block++) {
    shapes.push(
      ...blockShapes(C, F).map(([name, ...shape]) => {
        return [`layers.${block}.${name}`, ...shape] satisfies [string, ...number[]];
      }),
    );
  }
  const table = shapes.map(([name, ...shape], index) =>
    describe(`model.decoder.${name}`, shape, index),
  );
  const { numLabels } = config;
  return numLabels === null ? table : [...table, describe(HEAD, [numLabels, E], table.length)];
}

function blockShapes(C: number, F: number): [name: string, ...shape: number[]][] {
  const attention = ["k_proj", "v_proj", "q_proj", "out_proj"].flatMap(
    (name): [string, ...number[]][] => [
      [`self_attn.${name}.weight`, C, C],
      [`self_attn.${name}.bias`, C],
    ],
  );
  return [
    ...attention,
    ["self_attn_layer_norm.weight", C],
    ["self_attn_layer_norm.bias", C],
    ["fc1.weight", F, C],
    ["fc1.bias", F],
    ["fc2.weight", C, F],
    ["fc2.bias", C],
    ["final_layer_norm.weight", C],
    ["final_layer_norm.bias", C],
  ];
}

function describe(name: string, shape: readonly number[], index: number): Parameter {
  const block = /^model\.decoder\.layers\.(\d+)\./.exec(name);
  return {
    name,
    shape,
    elements: shape.reduce((product, n) => product * n, 1),
    index,
    block: name === HEAD ? "head" : block ? Number(block[1]) : null,
    decays: !/bias|layer_norm/.test(name),
  };
}

/** Elements of all parameters together. */
export function parameterCount(table: readonly Parameter[]): number {
  return table.reduce((sum, { elements }) => sum + elements, 0);
}
