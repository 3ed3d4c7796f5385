// Generated from shaders/ by `npm run kernels`. Do not edit.
import type { Card, Fields } from "./card.ts";

export const constants = { ANCHOR_REGISTER: 16, BINOMIAL: 0, BINS: 256, COPY_SCORED: 0, COPY_SIGN: 2, COPY_TO_CACHE: 1, FIRST_COEFFICIENT_WORD: 64, FIRST_PROBE_WORD: 4, FLAG_NOT_FINITE: 1, FLAG_SKIPPED: 2, FLOATS: 0, GAUSSIAN: 2, HALTED_REGISTER: 17, HALVES: 1, HEAD_BLOCK: 4294967294, INFINITE: 2139095040, LANES: 16, LARGEST_HALF: 31743, MEAN_ABS_REGISTER: 18, MEAN_ABS_WORD: 60, MEASURE: 1, NO_BLOCK: 4294967295, NO_REGISTER: 4294967295, RADEMACHER: 1, RECORD_WORDS: 128, ROUNDING: 4294967295, SCALED_GRADIENT: 0, SCALE_ALONE: 1, SELECT: 0, SMALLEST_NORMAL: 947912704, TERM_BACK: 2, TERM_DECAY: 1, TERM_NOISE: 0, THREADS: 64, TILE_N: 4, WIDE_HALVES: 2, WRITE_ALWAYS: 2, WRITE_NEVER: 0, WRITE_PROBED: 1, WRITE_WIDENED: 3 } as const;

export const Batch = { tokens: "u32", scored: "u32", options: "u32", examples: "u32", signs: "u32", accumulates: "u32", probe_register: "u32", per_token: "u32" } as const;
export type Batch = Fields<typeof Batch>;
export const Chunk = { tensor: "u32", first: "u32", count: "u32", theta_offset: "u32", out_offset: "u32", block: "u32", decays: "u32", padding: "u32" } as const;
export type Chunk = Fields<typeof Chunk>;
export const Example = { first: "u32", end: "u32", answer: "u32" } as const;
export type Example = Fields<typeof Example>;
export const LinearParams = { inner: "u32", outer: "u32", w_offset: "u32", w_stride: "u32", bias_offset: "u32", vectors_stride: "u32", has_bias: "u32", relu: "u32", accumulates: "u32", per_sign: "u32", over_scored: "u32", y_stride: "u32", y_column: "u32" } as const;
export type LinearParams = Fields<typeof LinearParams>;
export const Option = { first: "u32", end: "u32" } as const;
export type Option = Fields<typeof Option>;
export const PassState = { seed_low: "u32", seed_high: "u32", probe_step: "u32", probe_index: "u32", probe_blocks_low: "u32", probe_blocks_high: "u32", probe_embeddings: "u32", probe_enabled: "u32", epsilon: "f32", update_count: "u32", offset_count: "u32", mask_by_magnitude: "u32", other_index: "u32", other_epsilon: "f32" } as const;
export type PassState = Fields<typeof PassState>;
export const Program = { scale: "f32", plus: "u32", minus: "u32", slot: "u32", kind: "u32" } as const;
export type Program = Fields<typeof Program>;
export const Round = { kind: "u32", shift: "u32" } as const;
export type Round = Fields<typeof Round>;
export const Scored = { token: "u32", target_id: "u32" } as const;
export type Scored = Fields<typeof Scored>;
export const Term = { step: "u32", probe: "u32", slot: "u32", kind: "u32", blocks_low: "u32", blocks_high: "u32", embeddings: "u32", begins_step: "u32" } as const;
export type Term = Fields<typeof Term>;
export const Token = { id: "u32", position: "u32", prefix_start: "u32", prefix_end: "u32", own_start: "u32" } as const;
export type Token = Fields<typeof Token>;

export const attention = {
  name: "attention",
  file: "transformer/attention.wgsl",
  params: { width: "u32", heads: "u32" },
  bindings: { batch: "uniform", tokens: "read", kvq: "read", out: "read_write" },
  uniforms: { batch: Batch },
  overrides: { WORKGROUP_SIZE: 8, HEAD_WIDTH: 16 },
  features: [],
} as const satisfies Card;

export const attentionCached = {
  name: "attention_cached",
  file: "transformer/attention_cached.wgsl",
  params: { width: "u32", heads: "u32" },
  bindings: { batch: "uniform", tokens: "read", kvq: "read", cache: "read", out: "read_write" },
  uniforms: { batch: Batch },
  overrides: { WORKGROUP_SIZE: 16, HEAD_WIDTH: 16 },
  features: [],
} as const satisfies Card;

export const copyRows = {
  name: "copy_rows",
  file: "transformer/copy_rows.wgsl",
  params: { width: "u32", x_stride: "u32", y_stride: "u32" },
  bindings: { batch: "uniform", tokens: "read", scored: "read", x: "read", y: "read_write" },
  uniforms: { batch: Batch },
  overrides: { WORKGROUP_SIZE: 64, KIND: 0 },
  features: [],
} as const satisfies Card;

export const embed = {
  name: "embed",
  file: "transformer/embed.wgsl",
  params: { width: "u32", first_row: "u32", end_row: "u32", tensor: "u32", by_position: "u32", row_offset: "u32" },
  bindings: { state: "uniform", batch: "uniform", terms: "read", coefficients: "read", thresholds: "read", theta: "read", tokens: "read", x: "read_write" },
  uniforms: { state: PassState, batch: Batch },
  overrides: { STORAGE: 0, SHIFTS_BY_FLOATS: 0, NOISE_KIND: 0, ONE_SIDED: 0, WORKGROUP_SIZE: 64, ACCUMULATES: 0 },
  features: [],
} as const satisfies Card;

export const layerNorm = {
  name: "layer_norm",
  file: "transformer/layer_norm.wgsl",
  params: { width: "u32", weight_offset: "u32", bias_offset: "u32", vectors_stride: "u32", over_scored: "u32" },
  bindings: { batch: "uniform", vectors: "read", x: "read", y: "read_write" },
  uniforms: { batch: Batch },
  overrides: { WORKGROUP_SIZE: 32 },
  features: [],
} as const satisfies Card;

export const linearFew = {
  name: "linear_few",
  file: "transformer/linear_few.wgsl",
  params: LinearParams,
  bindings: { batch: "uniform", x: "read", w: "read", vectors: "read", y: "read_write" },
  uniforms: { batch: Batch },
  overrides: {},
  features: [],
} as const satisfies Card;

export const linearQuad = {
  name: "linear_quad",
  file: "transformer/linear_quad.wgsl",
  params: LinearParams,
  bindings: { batch: "uniform", x: "read", w: "read", vectors: "read", y: "read_write" },
  uniforms: { batch: Batch },
  overrides: {},
  features: ["subgroups"],
} as const satisfies Card;

export const linearQuadPacked = {
  name: "linear_quad_packed",
  file: "transformer/linear_quad_packed.wgsl",
  params: LinearParams,
  bindings: { batch: "uniform", x: "read", w: "read", vectors: "read", y: "read_write" },
  uniforms: { batch: Batch },
  overrides: {},
  features: ["subgroups"],
} as const satisfies Card;

export const linearQuadTall = {
  name: "linear_quad_tall",
  file: "transformer/linear_quad_tall.wgsl",
  params: LinearParams,
  bindings: { batch: "uniform", x: "read", w: "read", vectors: "read", y: "read_write" },
  uniforms: { batch: Batch },
  overrides: {},
  features: ["subgroups"],
} as const satisfies Card;

export const linearQuadTallPacked = {
  name: "linear_quad_tall_packed",
  file: "transformer/linear_quad_tall_packed.wgsl",
  params: LinearParams,
  bindings: { batch: "uniform", x: "read", w: "read", vectors: "read", y: "read_write" },
  uniforms: { batch: Batch },
  overrides: {},
  features: ["subgroups"],
} as const satisfies Card;

export const linearShared = {
  name: "linear_shared",
  file: "transformer/linear_shared.wgsl",
  params: LinearParams,
  bindings: { batch: "uniform", x: "read", w: "read", vectors: "read", y: "read_write" },
  uniforms: { batch: Batch },
  overrides: {},
  features: [],
} as const satisfies Card;

export const linearSharedF16 = {
  name: "linear_shared_f16",
  file: "transformer/linear_shared_f16.wgsl",
  params: LinearParams,
  bindings: { batch: "uniform", x: "read", w: "read", vectors: "read", y: "read_write" },
  uniforms: { batch: Batch },
  overrides: {},
  features: ["shader-f16"],
} as const satisfies Card;

export const linearSharedPacked = {
  name: "linear_shared_packed",
  file: "transformer/linear_shared_packed.wgsl",
  params: LinearParams,
  bindings: { batch: "uniform", x: "read", w: "read", vectors: "read", y: "read_write" },
  uniforms: { batch: Batch },
  overrides: {},
  features: [],
} as const satisfies Card;

export const linearSharedVec4 = {
  name: "linear_shared_vec4",
  file: "transformer/linear_shared_vec4.wgsl",
  params: LinearParams,
  bindings: { batch: "uniform", x: "read", w: "read", vectors: "read", y: "read_write" },
  uniforms: { batch: Batch },
  overrides: {},
  features: [],
} as const satisfies Card;

export const linearSharedWide = {
  name: "linear_shared_wide",
  file: "transformer/linear_shared_wide.wgsl",
  params: LinearParams,
  bindings: { batch: "uniform", x: "read", w: "read", vectors: "read", y: "read_write" },
  uniforms: { batch: Batch },
  overrides: {},
  features: [],
} as const satisfies Card;

export const linearTile = {
  name: "linear_tile",
  file: "transformer/linear_tile.wgsl",
  params: LinearParams,
  bindings: { batch: "uniform", x: "read", w: "read", vectors: "read", y: "read_write" },
  uniforms: { batch: Batch },
  overrides: {},
  features: [],
} as const satisfies Card;

export const logSumExp = {
  name: "log_sum_exp",
  file: "transformer/log_sum_exp.wgsl",
  params: { first_id: "u32", width: "u32", stride: "u32", begins: "u32" },
  bindings: { batch: "uniform", scored: "read", logits: "read", state: "read_write" },
  uniforms: { batch: Batch },
  overrides: { WORKGROUP_SIZE: 64 },
  features: [],
} as const satisfies Card;

export const optionLoss = {
  name: "option_loss",
  file: "transformer/option_loss.wgsl",
  params: { option_capacity: "u32" },
  bindings: { batch: "uniform", options: "read", examples: "read", state: "read", option_sums: "read_write", loss_sums: "read_write" },
  uniforms: { batch: Batch },
  overrides: { WORKGROUP_SIZE: 64 },
  features: [],
} as const satisfies Card;

export const coefficients = {
  name: "coefficients",
  file: "zo/coefficients.wgsl",
  params: { step: "u32", probes: "u32", programs: "u32", record: "u32", keeps_anchor: "u32", count: "f32", epsilon: "f32", clip: "f32", is_one_sided: "u32" },
  bindings: { programs: "read", loss_sums: "read", registers: "read_write", coefficients: "read_write", ring: "read_write" },
  uniforms: {},
  overrides: {},
  features: [],
} as const satisfies Card;

export const knownAnswers = {
  name: "known_answers",
  file: "zo/known_answers.wgsl",
  params: { count: "u32" },
  bindings: { inputs: "read", words: "read_write" },
  uniforms: {},
  overrides: { SHIFTS_BY_FLOATS: 0, WORKGROUP_SIZE: 64 },
  features: [],
} as const satisfies Card;

export const magnitudeHistogram = {
  name: "magnitude_histogram",
  file: "zo/magnitude_histogram.wgsl",
  params: { first_chunk: "u32" },
  bindings: { round: "uniform", chunks: "read", theta: "read", selected: "read", thresholds: "read", counts: "read_write" },
  uniforms: { round: Round },
  overrides: { STORAGE: 0, WORKGROUP_SIZE: 64 },
  features: [],
} as const satisfies Card;

export const thresholdSelect = {
  name: "threshold_select",
  file: "zo/threshold_select.wgsl",
  params: { tensors: "u32" },
  bindings: { round: "uniform", selected: "read_write", counts: "read_write", thresholds: "read_write" },
  uniforms: { round: Round },
  overrides: { WORKGROUP_SIZE: 64 },
  features: [],
} as const satisfies Card;

export const weightPass = {
  name: "weight_pass",
  file: "zo/weight_pass.wgsl",
  params: { first_chunk: "u32", writes_probe: "u32", stride: "u32" },
  bindings: { state: "uniform", chunks: "read", terms: "read", coefficients: "read", thresholds: "read", theta: "read_write", probe: "read_write" },
  uniforms: { state: PassState },
  overrides: { STORAGE: 0, SHIFTS_BY_FLOATS: 0, NOISE_KIND: 0, ONE_SIDED: 0, WORKGROUP_SIZE: 64, ONE_TERM: 0 },
  features: [],
} as const satisfies Card;

export const weightPassWhole = {
  name: "weight_pass_whole",
  file: "zo/weight_pass_whole.wgsl",
  params: { first_chunk: "u32", writes_probe: "u32", stride: "u32" },
  bindings: { state: "uniform", chunks: "read", terms: "read", coefficients: "read", thresholds: "read", theta: "read_write", probe: "read_write" },
  uniforms: { state: PassState },
  overrides: { SHIFTS_BY_FLOATS: 0, NOISE_KIND: 0, STORAGE: 0, ONE_SIDED: 0, WORKGROUP_SIZE: 64, ONE_TERM: 0 },
  features: [],
} as const satisfies Card;

export const kernels: readonly Card[] = [attention, attentionCached, copyRows, embed, layerNorm, linearFew, linearQuad, linearQuadPacked, linearQuadTall, linearQuadTallPacked, linearShared, linearSharedF16, linearSharedPacked, linearSharedVec4, linearSharedWide, linearTile, logSumExp, optionLoss, coefficients, knownAnswers, magnitudeHistogram, thresholdSelect, weightPass, weightPassWhole];
