import type { OptConfig } from "./config.ts";

/** Where a parameter is used: before the blocks, in the block of that number, or after the blocks. */
export type Stage = "input" | number | "output";

/** `norm` is both the weight and the bias of a norm; `bias` is any other bias. */
export type Role = "embedding" | "matrix" | "bias" | "norm" | "head";

/** One parameter of the model. */
export interface Parameter {
  /** As in `named_parameters()` of `OPTForCausalLM` or `OPTForSequenceClassification`. */
  readonly name: string;
  readonly shape: readonly number[];
  readonly elements: number;
  /** Position in that order: the `tensor` of the noise contract. */
  readonly index: number;
  /** The token embedding counts as input though its transpose is also the language-model head. */
  readonly stage: Stage;
  readonly role: Role;
  /** Weight decay applies: to everything but biases and norms, as in MeZO. */
  readonly decays: boolean;
}

type Description = readonly [name: string, stage: Stage, role: Role, ...shape: number[]];

/**
 * Every parameter, in the order of transformers' `named_parameters()`. The tied `lm_head.weight` is
 * left out; a score head comes last, so that the rest of the table does not depend on it.
 *
 * @see transformers, modeling_opt.py, OPTDecoder.__init__, OPTDecoderLayer.__init__ and
 *   OPTForSequenceClassification.__init__
 */
export function parameterTable(config: OptConfig): readonly Parameter[] {
  const { vocabSize: V, hiddenSize: C, wordEmbedProjDim: E, ffnDim: F, numLabels } = config;
  const decoder: Description[] = [
    ["embed_tokens.weight", "input", "embedding", V, E],
    ["embed_positions.weight", "input", "embedding", config.maxPositionEmbeddings + 2, C],
  ];
  if (E !== C) {
    decoder.push(
      ["project_out.weight", "output", "matrix", E, C],
      ["project_in.weight", "input", "matrix", C, E],
    );
  }
  if (config.hasFinalLayerNorm) decoder.push(...norm("final_layer_norm", "output", C));
  for (let block = 0; block < config.numHiddenLayers; block++) {
    const at = `layers.${block}`;
    for (const name of ["k_proj", "v_proj", "q_proj", "out_proj"]) {
      decoder.push(...linear(`${at}.self_attn.${name}`, block, C, C));
    }
    decoder.push(
      ...norm(`${at}.self_attn_layer_norm`, block, C),
      ...linear(`${at}.fc1`, block, F, C),
      ...linear(`${at}.fc2`, block, C, F),
      ...norm(`${at}.final_layer_norm`, block, C),
    );
  }
  const all = decoder.map(([name, ...rest]): Description => [`model.decoder.${name}`, ...rest]);
  if (numLabels !== null) all.push(["score.weight", "output", "head", numLabels, E]);
  return all.map(([name, stage, role, ...shape], index) => ({
    name,
    shape,
    elements: shape.reduce((product, n) => product * n, 1),
    index,
    stage,
    role,
    decays: role !== "bias" && role !== "norm",
  }));
}

function linear(name: string, stage: Stage, outer: number, inner: number): Description[] {
  return [
    [`${name}.weight`, stage, "matrix", outer, inner],
    [`${name}.bias`, stage, "bias", outer],
  ];
}

function norm(name: string, stage: Stage, width: number): Description[] {
  return [
    [`${name}.weight`, stage, "norm", width],
    [`${name}.bias`, stage, "norm", width],
  ];
}

/** Elements of all parameters together. */
export function parameterCount(table: readonly Parameter[]): number {
  return table.reduce((sum, { elements }) => sum + elements, 0);
}
