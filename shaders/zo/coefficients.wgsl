// From the losses of a step to the coefficients of its delta, on the GPU, so that the host never waits:
//   L = loss_sum / count;  g_p = (L+ - L-) / (2 epsilon);  c = round16(scale * (g[plus] - g[minus]))
// With one-sided probes, the losses are those of n directions and, last, of the unperturbed weights, L0:
//   g_i = (L_i - L0) / max(sigma, MIN_DEVIATION), sigma the standard deviation of L_1 .. L_n (n - 1)
// After a loss that is not finite, this step and all that follow get c = 0, until the host clears
// HALTED_REGISTER. One thread.

struct Params {
  step: u32, // from 1, for the record
  probes: u32,
  programs: u32,
  record: u32, // slot in the ring
  keeps_anchor: u32, // 1: g of probe 0 is kept for later steps (SVRG)
  count: f32, // examples (or scored tokens) the losses are means over
  epsilon: f32,
  clip: f32, // > 0: |g| is clipped to this multiple of its running mean
  is_one_sided: u32,
}

// How one coefficient is computed.
struct Program {
  scale: f32,
  plus: u32, // register: a probe of this step, or ANCHOR_REGISTER
  minus: u32, // register, or NO_REGISTER
  slot: u32, // of the coefficient
  kind: u32, // SCALED_GRADIENT or SCALE_ALONE (weight decay)
}

const SCALED_GRADIENT = 0u;
const SCALE_ALONE = 1u;

const NO_REGISTER = 0xffffffffu;
const ANCHOR_REGISTER = 16u; // after the 16 probes a step may have
const HALTED_REGISTER = 17u;
const MEAN_ABS_REGISTER = 18u; // running mean of |g|
const MIN_DEVIATION = 1e-6; // of losses: below it, their differences are rounding errors
const RECORD_WORDS = 128u;
// Words of a record: step, flags, probes, programs; L+, L-, g of each probe; and
const FIRST_PROBE_WORD = 4u;
const MEAN_ABS_WORD = 60u;
const FIRST_COEFFICIENT_WORD = 64u;
const FLAG_NOT_FINITE = 1u;
const FLAG_SKIPPED = 2u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> programs: array<Program>;
@group(0) @binding(2) var<storage, read> loss_sums: array<f32>; // [probes, 2]
@group(0) @binding(3) var<storage, read_write> registers: array<f32>; // [32]
@group(0) @binding(4) var<storage, read_write> coefficients: array<f32>; // by slot
@group(0) @binding(5) var<storage, read_write> ring: array<u32>; // [records, 128], floats as their bits

fn round16(value: f32) -> f32 {
  return bitcast<f32>((bitcast<u32>(value) + 0x80u) & 0xffffff00u);
}

// From the bits: a compiler may assume that comparisons never see a NaN.
fn is_finite(value: f32) -> bool {
  return (bitcast<u32>(value) & 0x7f800000u) != 0x7f800000u;
}

fn clipped(g: f32) -> f32 {
  let mean = registers[MEAN_ABS_REGISTER];
  registers[MEAN_ABS_REGISTER] = select(0.9 * mean + 0.1 * abs(g), abs(g), mean == 0.0);
  if (params.clip <= 0.0 || mean == 0.0) { return g; }
  return clamp(g, -params.clip * mean, params.clip * mean);
}

// Replaces the registers of g by the normalized loss differences of 2 * probes - 1 directions.
fn normalize_one_sided() {
  let n = 2u * params.probes - 1u;
  let base = loss_sums[n] / params.count;
  var mean = 0.0;
  for (var i = 0u; i < n; i++) {
    registers[i] = loss_sums[i] / params.count - base;
    mean += registers[i] / f32(n);
  }
  var squares = 0.0;
  for (var i = 0u; i < n; i++) {
    let deviation = registers[i] - mean;
    squares += deviation * deviation;
  }
  let sigma = max(sqrt(squares / f32(max(n, 2u) - 1u)), MIN_DEVIATION);
  for (var i = 0u; i < n; i++) { registers[i] /= sigma; }
  // The root mean square of the slopes is what the log shows.
  for (var p = 0u; p < params.probes; p++) {
    ring[params.record * RECORD_WORDS + FIRST_PROBE_WORD + 3u * p + 2u] =
      bitcast<u32>(sigma / params.epsilon);
  }
}

@compute @workgroup_size(1)
fn main() {
  let record = params.record * RECORD_WORDS;
  var flags = select(0u, FLAG_SKIPPED, registers[HALTED_REGISTER] == 1.0);
  for (var p = 0u; p < params.probes; p++) {
    let plus = loss_sums[2u * p] / params.count;
    let minus = loss_sums[2u * p + 1u] / params.count;
    let g = (plus - minus) / (2.0 * params.epsilon);
    let word = record + FIRST_PROBE_WORD + 3u * p;
    ring[word] = bitcast<u32>(plus);
    ring[word + 1u] = bitcast<u32>(minus);
    ring[word + 2u] = bitcast<u32>(g);
    if (!(is_finite(plus) && is_finite(minus) && is_finite(g))) { flags |= FLAG_NOT_FINITE; }
    registers[p] = g;
  }
  if (flags == 0u) {
    if (params.is_one_sided == 1u) {
      normalize_one_sided();
    } else {
      for (var p = 0u; p < params.probes; p++) { registers[p] = clipped(registers[p]); }
    }
    if (params.keeps_anchor == 1u) { registers[ANCHOR_REGISTER] = registers[0]; }
  } else {
    registers[HALTED_REGISTER] = 1.0;
  }
  for (var i = 0u; i < params.programs; i++) {
    let program = programs[i];
    var c = program.scale;
    if (program.kind == SCALED_GRADIENT) {
      var g = registers[program.plus];
      if (program.minus != NO_REGISTER) { g -= registers[program.minus]; }
      c = round16(program.scale * g);
    }
    if (flags != 0u) { c = 0.0; }
    coefficients[program.slot] = c;
    ring[record + FIRST_COEFFICIENT_WORD + i] = bitcast<u32>(c);
  }
  ring[record + MEAN_ABS_WORD] = bitcast<u32>(registers[MEAN_ABS_REGISTER]);
  ring[record] = params.step;
  ring[record + 1u] = flags;
  ring[record + 2u] = params.probes;
  ring[record + 3u] = params.programs;
}
