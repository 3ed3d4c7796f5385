// Eight weights of a tensor after the pending terms, and as the two signs of a probe see them. This
// arithmetic exists once, so that a weight has the same bits wherever it is computed. The including file
// binds state, terms, coefficients and thresholds. Of a chunk, tensor, block and decays are used.
#include "lib/chunk.wgsl"
#include "lib/rounding.wgsl"
#include "lib/terms.wgsl"

// W- is perturbed along a direction of its own, so that one pass evaluates two one-sided probes.
override ONE_SIDED: bool = false;

struct PlusMinus {
  plus: Vec8,
  minus: Vec8,
}

// The largest magnitude that is perturbed and updated in a tensor; any, without a mask.
fn threshold_of(tensor: u32) -> f32 {
  return select(0x1.fffffep+127f, thresholds[tensor], state.mask_by_magnitude == 1u);
}

fn mask8(weights: Vec8, threshold: f32) -> Vec8 {
  return Vec8(
    select(vec4f(0.0), vec4f(1.0), abs(weights.a) <= vec4f(threshold)),
    select(vec4f(0.0), vec4f(1.0), abs(weights.b) <= vec4f(threshold)),
  );
}

// c = 0 marks a step whose loss was not finite: no bit may change, not even -0 to 0.
fn applies(term: Term, chunk: Chunk, c: f32) -> bool {
  return c != 0.0 && (term.kind != TERM_DECAY || chunk.decays == 1u) &&
    is_active(chunk.block, term.blocks_low, term.blocks_high, term.embeddings);
}

// w + c mask z, or for weight decay w (1 - c mask). That c is a multiple of 2^-24, so 1 - c is exact and
// the product rounds once, whether a driver computes w * (1 - c) or fuses w - c * w.
fn apply_term(w: Vec8, mask: Vec8, z: Vec8, term: Term, c: f32) -> Vec8 {
  let decays = term.kind == TERM_DECAY;
  let signed = select(-c, c, term.kind == TERM_NOISE);
  let by_a = signed * mask.a;
  let by_b = signed * mask.b;
  return Vec8(
    select(w.a + by_a * z.a, w.a * (1.0 + by_a), decays),
    select(w.b + by_b * z.b, w.b * (1.0 + by_b), decays),
  );
}

fn seed() -> vec2u { return vec2u(state.seed_low, state.seed_high); }

fn term_noise_state(term: Term, tensor: u32) -> PhiloxState {
  return noise_state(seed(), vec2u(term.step, term.probe), tensor);
}

fn probe_noise_state(tensor: u32) -> PhiloxState {
  return noise_state(seed(), vec2u(state.probe_step, state.probe_index), tensor);
}

// is_kept: the result is written back, and therefore rounded where halves are stored.
fn apply_terms(weights: Vec8, chunk: Chunk, group: u32, first: u32, end: u32, is_kept: bool) -> Vec8 {
  let threshold = threshold_of(chunk.tensor);
  let rounds = STORAGE != FLOATS && is_kept;
  var w = weights;
  var mask = mask8(w, threshold);
  var step = 0u; // of the terms being applied
  var has_changed = false; // since the last rounding
  for (var t = first; t < end; t++) {
    let term = terms[t];
    if (term.begins_step == 1u) {
      if (rounds && has_changed) { w = round8_to_halves(w, seed(), step, chunk.tensor, group); }
      has_changed = false;
      step = term.step;
      mask = mask8(w, threshold);
    }
    let c = coefficients[term.slot];
    if (!applies(term, chunk, c)) { continue; }
    has_changed = true;
    w = apply_term(w, mask, noise8(term_noise_state(term, chunk.tensor), group), term, c);
  }
  if (rounds && has_changed) { w = round8_to_halves(w, seed(), step, chunk.tensor, group); }
  return w;
}

// W+ and W- of updated weights: offsets, then the probe.
fn probe8(w: Vec8, chunk: Chunk, group: u32) -> PlusMinus {
  let offsets_end = state.update_count + state.offset_count;
  let base = apply_terms(w, chunk, group, state.update_count, offsets_end, false);
  let z = noise8(probe_noise_state(chunk.tensor), group);
  return perturb8(base, mask8(w, threshold_of(chunk.tensor)), z, chunk.tensor, group);
}

fn perturb8(base: Vec8, mask: Vec8, z: Vec8, tensor: u32, group: u32) -> PlusMinus {
  let step_a = state.epsilon * (mask.a * z.a);
  let step_b = state.epsilon * (mask.b * z.b);
  let plus = Vec8(base.a + step_a, base.b + step_b);
  if (!ONE_SIDED) { return PlusMinus(plus, Vec8(base.a - step_a, base.b - step_b)); }
  let other = noise_state(seed(), vec2u(state.probe_step, state.other_index), tensor);
  let y = noise8(other, group);
  let other_a = state.other_epsilon * (mask.a * y.a);
  let other_b = state.other_epsilon * (mask.b * y.b);
  return PlusMinus(plus, Vec8(base.a + other_a, base.b + other_b));
}
