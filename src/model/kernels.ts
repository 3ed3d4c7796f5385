import type { Card, ScalarLayout } from "#gpu/card.ts";

/** Uniform structs that several kernels share, as `shaders/lib` declares them. */
export const passState: ScalarLayout = [
  ["seed_low", "u32"],
  ["seed_high", "u32"],
  ["probe_step", "u32"],
  ["probe_index", "u32"],
  ["probe_blocks_low", "u32"],
  ["probe_blocks_high", "u32"],
  ["probe_embeddings", "u32"],
  ["probe_enabled", "u32"],
  ["epsilon", "f32"],
  ["update_count", "u32"],
  ["offset_count", "u32"],
  ["mask_by_magnitude", "u32"],
];

export const batchState: ScalarLayout = [
  ["tokens", "u32"],
  ["scored", "u32"],
  ["options", "u32"],
  ["examples", "u32"],
  ["signs", "u32"],
  ["accumulates", "u32"],
  ["probe_register", "u32"],
  ["per_token", "u32"],
];

const linearParams: ScalarLayout = [
  ["inner", "u32"],
  ["outer", "u32"],
  ["w_offset", "u32"],
  ["w_stride", "u32"],
  ["bias_offset", "u32"],
  ["vectors_stride", "u32"],
  ["has_bias", "u32"],
  ["relu", "u32"],
  ["accumulates", "u32"],
  ["per_sign", "u32"],
  ["over_scored", "u32"],
  ["y_stride", "u32"],
  ["y_column", "u32"],
];

const uniform = (name: string) => ({ name, access: "uniform" }) as const;
const read = (name: string) => ({ name, access: "read" }) as const;
const readWrite = (name: string) => ({ name, access: "read_write" }) as const;

const deltaBindings = [read("terms"), read("coefficients"), read("thresholds")];
const linearBindings = [uniform("batch"), read("x"), read("w"), read("vectors"), readWrite("y")];

/**
 * Threads of a weight pass where WebGPU is emulated: software drivers begin every thread anew, which
 * costs them dear, so a few, with long shares.
 */
export const SOFTWARE_PASS_THREADS = 16;

export const weightPass: Card = {
  name: "weight_pass",
  file: "zo/weight_pass.wgsl",
  params: [
    ["first_chunk", "u32"],
    ["writes_probe", "u32"],
    ["stride", "u32"],
  ],
  bindings: [
    uniform("state"),
    read("chunks"),
    ...deltaBindings,
    readWrite("theta"),
    readWrite("probe"),
  ],
  overrides: ["WORKGROUP_SIZE", "NOISE_KIND", "SHIFTS_BY_FLOATS", "STORAGE", "ONE_TERM"],
};

/** The same where `hasWholeGroups`, four words at once. */
export const weightPassWhole: Card = {
  ...weightPass,
  name: "weight_pass_whole",
  file: "zo/weight_pass_whole.wgsl",
};

export const coefficients: Card = {
  name: "coefficients",
  file: "zo/coefficients.wgsl",
  params: [
    ["step", "u32"],
    ["probes", "u32"],
    ["programs", "u32"],
    ["record", "u32"],
    ["keeps_anchor", "u32"],
    ["count", "f32"],
    ["epsilon", "f32"],
    ["clip", "f32"],
  ],
  bindings: [
    read("programs"),
    read("loss_sums"),
    readWrite("registers"),
    readWrite("coefficients"),
    readWrite("ring"),
  ],
  overrides: [],
};

export const embedTokens: Card = {
  name: "embed_tokens",
  file: "opt/embed_tokens.wgsl",
  params: [
    ["width", "u32"],
    ["first_id", "u32"],
    ["end_id", "u32"],
    ["tensor", "u32"],
  ],
  bindings: [
    uniform("state"),
    uniform("batch"),
    ...deltaBindings,
    read("theta"),
    read("rows"),
    readWrite("x"),
  ],
  overrides: ["WORKGROUP_SIZE", "NOISE_KIND", "SHIFTS_BY_FLOATS", "STORAGE"],
};

export const embedPositions: Card = {
  name: "embed_positions",
  file: "opt/embed_positions.wgsl",
  params: [
    ["width", "u32"],
    ["first_row", "u32"],
    ["end_row", "u32"],
    ["tensor", "u32"],
  ],
  bindings: embedTokens.bindings,
  overrides: ["WORKGROUP_SIZE", "NOISE_KIND", "SHIFTS_BY_FLOATS", "STORAGE"],
};

/** Workgroups that look up so many rows of an embedding: a thread takes eight columns for both signs. */
export function lookUpWorkgroups(width: number, tokens: number): number {
  const groups = width % 8 === 0 ? width / 8 : Math.floor((width + 14) / 8);
  return Math.ceil((groups * tokens) / 64);
}

/**
 * Threads that work on a row together where WebGPU is emulated. Barriers between more than a subgroup or
 * two are dear there: with 32, norms took a third of a step of the demo on SwiftShader, with 8 a tenth.
 */
export const SOFTWARE_ROW_THREADS = 8;

export const layerNorm: Card = {
  name: "layer_norm",
  file: "opt/layer_norm.wgsl",
  params: [
    ["width", "u32"],
    ["weight_offset", "u32"],
    ["bias_offset", "u32"],
    ["vectors_stride", "u32"],
    ["over_scored", "u32"],
  ],
  bindings: [uniform("batch"), read("vectors"), read("x"), readWrite("y")],
  overrides: ["WORKGROUP_SIZE"],
};

export const attention: Card = {
  name: "attention",
  file: "opt/attention.wgsl",
  params: [
    ["width", "u32"],
    ["heads", "u32"],
  ],
  bindings: [uniform("batch"), read("rows"), read("kvq"), readWrite("out")],
  overrides: ["WORKGROUP_SIZE", "HEAD_WIDTH"],
};

export const cacheKeys: Card = {
  name: "cache_keys",
  file: "opt/cache_keys.wgsl",
  params: [["width", "u32"]],
  bindings: [uniform("batch"), read("rows"), read("kvq"), readWrite("cache")],
  overrides: ["WORKGROUP_SIZE"],
};

export const attentionCached: Card = {
  name: "attention_cached",
  file: "opt/attention_cached.wgsl",
  params: [
    ["width", "u32"],
    ["heads", "u32"],
  ],
  bindings: [uniform("batch"), read("rows"), read("kvq"), read("cache"), readWrite("out")],
  overrides: ["WORKGROUP_SIZE", "HEAD_WIDTH"],
};

/** Rows of one head that a thread of `attention` takes. */
export const ATTENTION_ROWS = 4;

/** Threads of a workgroup of `attention`: what 16 KiB hold the sums of. */
export function attentionThreads(headWidth: number): number {
  const most = 16384 / (ATTENTION_ROWS * 4 * headWidth);
  return most >= 32 ? 32 : most >= 16 ? 16 : most >= 8 ? 8 : 4;
}

export const gatherRows: Card = {
  name: "gather_rows",
  file: "opt/gather_rows.wgsl",
  params: [["width", "u32"]],
  bindings: [uniform("batch"), read("scored"), read("x"), readWrite("y")],
  overrides: ["WORKGROUP_SIZE"],
};

export const logSumExp: Card = {
  name: "log_sum_exp",
  file: "opt/log_sum_exp.wgsl",
  params: [
    ["first_id", "u32"],
    ["width", "u32"],
    ["stride", "u32"],
    ["begins", "u32"],
  ],
  bindings: [uniform("batch"), read("scored"), read("logits"), readWrite("state")],
  overrides: ["WORKGROUP_SIZE"],
};

export const optionLoss: Card = {
  name: "option_loss",
  file: "opt/option_loss.wgsl",
  params: [["option_capacity", "u32"]],
  bindings: [
    uniform("batch"),
    read("options"),
    read("examples"),
    read("state"),
    readWrite("option_sums"),
    readWrite("loss_sums"),
  ],
  overrides: ["WORKGROUP_SIZE"],
};

export const copyRows: Card = {
  name: "copy_rows",
  file: "opt/copy_rows.wgsl",
  params: [["width", "u32"]],
  bindings: [uniform("batch"), readWrite("x")],
  overrides: ["WORKGROUP_SIZE"],
};

/** The uniform `Round` of the two kernels of a radix select. */
export const roundState: ScalarLayout = [["shift", "u32"]];

export const thresholdCount: Card = {
  name: "threshold_count",
  file: "zo/threshold_count.wgsl",
  params: [["first_chunk", "u32"]],
  bindings: [
    uniform("round"),
    read("chunks"),
    read("theta"),
    read("selected"),
    readWrite("counts"),
  ],
  overrides: ["WORKGROUP_SIZE", "STORAGE"],
};

export const thresholdSelect: Card = {
  name: "threshold_select",
  file: "zo/threshold_select.wgsl",
  params: [["tensors", "u32"]],
  bindings: [uniform("round"), readWrite("selected"), readWrite("counts"), readWrite("thresholds")],
  overrides: ["WORKGROUP_SIZE"],
};

export const maskDensity: Card = {
  name: "mask_density",
  file: "zo/mask_density.wgsl",
  params: [["first_chunk", "u32"]],
  bindings: [read("chunks"), read("theta"), read("thresholds"), readWrite("counts")],
  overrides: ["WORKGROUP_SIZE", "STORAGE"],
};

export const knownAnswers: Card = {
  name: "known_answers",
  file: "zo/known_answers.wgsl",
  params: [["count", "u32"]],
  bindings: [read("inputs"), readWrite("words")],
  overrides: ["WORKGROUP_SIZE", "SHIFTS_BY_FLOATS"],
};

/** A way of multiplying matrices. */
export interface LinearCard extends Card {
  /** Rows and columns of y that one workgroup makes. */
  readonly tileRows: number;
  readonly tileColumns: number;
  /** K must be a multiple of this; so must the offset of the tensor in w. */
  readonly innerMultiple: 1 | 2 | 4;
  /**
   * What w holds: f32, or f16 row by row without gaps, two to a u32 with the first in the low half
   * (the bytes of a safetensors F16 tensor). `w_offset` counts elements in either.
   */
  readonly weights: "f32" | "f16";
}

function linearCard(
  name: string,
  [tileRows, tileColumns]: readonly [number, number],
  rest: Pick<LinearCard, "innerMultiple" | "weights" | "features">,
): LinearCard {
  const file = `opt/${name}.wgsl`;
  const shared = { params: linearParams, bindings: linearBindings, overrides: [] };
  return { name, file, ...shared, tileRows, tileColumns, ...rest };
}

export const linearQuad = linearCard("linear_quad", [8, 64], {
  weights: "f32",
  innerMultiple: 1,
  features: ["subgroups"],
});
export const linearQuadTall = linearCard("linear_quad_tall", [16, 64], {
  weights: "f32",
  innerMultiple: 1,
  features: ["subgroups"],
});
export const linearTile = linearCard("linear_tile", [32, 32], {
  weights: "f32",
  innerMultiple: 4,
});
/** Runs everywhere, on every shape. */
export const linearShared = linearCard("linear_shared", [64, 64], {
  weights: "f32",
  innerMultiple: 1,
});
export const linearSharedVec4 = linearCard("linear_shared_vec4", [64, 64], {
  weights: "f32",
  innerMultiple: 4,
});
export const linearSharedWide = linearCard("linear_shared_wide", [128, 128], {
  weights: "f32",
  innerMultiple: 4,
});
export const linearFew = linearCard("linear_few", [4, 4], {
  weights: "f32",
  innerMultiple: 4,
});

export const linearQuadPacked = linearCard("linear_quad_packed", [8, 64], {
  weights: "f16",
  innerMultiple: 2,
  features: ["subgroups"],
});
export const linearQuadTallPacked = linearCard("linear_quad_tall_packed", [16, 64], {
  weights: "f16",
  innerMultiple: 2,
  features: ["subgroups"],
});
export const linearSharedPacked = linearCard("linear_shared_packed", [64, 64], {
  weights: "f16",
  innerMultiple: 4,
});
export const linearSharedF16 = linearCard("linear_shared_f16", [64, 64], {
  weights: "f16",
  innerMultiple: 4,
  features: ["shader-f16"],
});

/** Candidates for matrix products over f32 weights; a measurement chooses. */
export const linearCards: readonly LinearCard[] = [
  linearQuad,
  linearQuadTall,
  linearTile,
  linearShared,
  linearSharedVec4,
  linearSharedWide,
  linearFew,
];

/** The same over f16 weights. */
export const halfLinearCards: readonly LinearCard[] = [
  linearQuadPacked,
  linearQuadTallPacked,
  linearSharedPacked,
  linearSharedF16,
];

/** Every card, for tests that hold them against their shaders. */
export const cards: readonly Card[] = [
  weightPass,
  weightPassWhole,
  coefficients,
  embedTokens,
  embedPositions,
  layerNorm,
  attention,
  cacheKeys,
  attentionCached,
  gatherRows,
  logSumExp,
  optionLoss,
  copyRows,
  thresholdCount,
  thresholdSelect,
  maskDensity,
  knownAnswers,
  ...linearCards,
  ...halfLinearCards,
];
