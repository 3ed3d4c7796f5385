// Eight weights of a tensor as pending terms leave them and as both signs of a probe see them. The one
// place of this arithmetic, so that a weight has the same bits wherever it is worked out. The including
// file binds state, terms, coefficients, thresholds. Of a chunk, tensor, block and decays are looked at.
#include "lib/chunk.wgsl"
#include "lib/rounding.wgsl"
#include "lib/terms.wgsl"

struct Both {
  plus: Eight,
  minus: Eight,
}

// Up to what magnitude weights of a tensor move: any, where no mask is asked for.
fn threshold_of(tensor: u32) -> f32 {
  return select(0x1.fffffep+127f, thresholds[tensor], state.mask_by_magnitude == 1u);
}

fn mask8(weights: Eight, threshold: f32) -> Eight {
  return Eight(
    select(vec4f(0.0), vec4f(1.0), abs(weights.a) <= vec4f(threshold)),
    select(vec4f(0.0), vec4f(1.0), abs(weights.b) <= vec4f(threshold)),
  );
}

// c = 0 marks a step whose loss was no number: not one bit may change, not even -0 to 0.
fn moves(chunk: Chunk, term: Term, c: f32) -> bool {
  return c != 0.0 && (term.kind != TERM_DECAY || chunk.decays == 1u) &&
    is_active(chunk.block, term.blocks_low, term.blocks_high, term.embeddings);
}

// One term further: along z, or where weights decay, times 1 - c. That c is a multiple of 2^-24, so 1 - c
// is exact and the product rounds once, be it taken as w * (1 - c) or fused as w - c * w.
fn moved(w: Eight, mask: Eight, z: Eight, term: Term, c: f32) -> Eight {
  let decays = term.kind == TERM_DECAY;
  let signed = select(-c, c, term.kind == TERM_NOISE);
  let by_a = signed * mask.a;
  let by_b = signed * mask.b;
  return Eight(
    select(w.a + by_a * z.a, w.a * (1.0 + by_a), decays),
    select(w.b + by_b * z.b, w.b * (1.0 + by_b), decays),
  );
}

fn seed() -> vec2u { return vec2u(state.seed_low, state.seed_high); }

fn stream_of_term(term: Term, tensor: u32) -> Stream {
  return noise_stream(seed(), vec2u(term.step, term.probe), tensor);
}

fn stream_of_probe(tensor: u32) -> Stream {
  return noise_stream(seed(), vec2u(state.probe_step, state.probe_index), tensor);
}

// is_kept: the result is written back, so where halves are stored it is one.
fn apply_terms(weights: Eight, chunk: Chunk, group: u32, first: u32, end: u32, is_kept: bool) -> Eight {
  let threshold = threshold_of(chunk.tensor);
  let rounds = STORAGE != FLOATS && is_kept;
  var w = weights;
  var mask = mask8(w, threshold);
  var step = 0u; // of the terms being applied
  var has_moved = false; // since the last rounding
  for (var t = first; t < end; t++) {
    let term = terms[t];
    if (term.begins_step == 1u) {
      if (rounds && has_moved) { w = rounded8(w, seed(), step, chunk.tensor, group); }
      has_moved = false;
      step = term.step;
      mask = mask8(w, threshold);
    }
    let c = coefficients[term.slot];
    if (!moves(chunk, term, c)) { continue; }
    has_moved = true;
    w = moved(w, mask, noise8(stream_of_term(term, chunk.tensor), group), term, c);
  }
  if (rounds && has_moved) { w = rounded8(w, seed(), step, chunk.tensor, group); }
  return w;
}

// W+ and W- of weights that the pending updates have been applied to, where they are perturbed.
fn probed8(w: Eight, chunk: Chunk, group: u32) -> Both {
  let offsets_end = state.update_count + state.offset_count;
  let base = apply_terms(w, chunk, group, state.update_count, offsets_end, false);
  let z = noise8(stream_of_probe(chunk.tensor), group);
  return both_sides(base, mask8(w, threshold_of(chunk.tensor)), z);
}

fn both_sides(base: Eight, mask: Eight, z: Eight) -> Both {
  let step_a = state.epsilon * (mask.a * z.a);
  let step_b = state.epsilon * (mask.b * z.b);
  return Both(
    Eight(base.a + step_a, base.b + step_b),
    Eight(base.a - step_a, base.b - step_b),
  );
}
