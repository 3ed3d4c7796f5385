// One weight as the probe sees it, without writing it: pending terms, then +- epsilon * mask * z.
// For the few rows of the embeddings that a batch looks up. The same arithmetic as zo/weight_pass,
// so the result has the same bits. The including file binds state, terms, coefficients, thresholds.
#include "lib/rounding.wgsl"
#include "lib/terms.wgsl"

fn mask1(weight: f32, threshold: f32) -> f32 {
  return select(0.0, 1.0, state.mask_by_magnitude == 0u || abs(weight) <= threshold);
}

// is_kept: the result is what a pass writes back, so where halves are stored it is one.
fn apply_terms1(weight: f32, tensor: u32, element: u32, first: u32, end: u32, is_kept: bool) -> f32 {
  let key = vec2u(state.seed_low, state.seed_high);
  let rounds = STORAGE != FLOATS && is_kept;
  var w = weight;
  var mask = mask1(w, thresholds[tensor]);
  var step = 0u; // of the terms being applied
  var has_moved = false; // since the last rounding
  for (var t = first; t < end; t++) {
    let term = terms[t];
    if (term.begins_step == 1u) {
      if (rounds && has_moved) { w = rounded1(w, key, step, tensor, element); }
      has_moved = false;
      step = term.step;
      mask = mask1(w, thresholds[tensor]);
    }
    let c = coefficients[term.slot];
    if (c == 0.0 || term.embeddings == 0u) { continue; }
    has_moved = true;
    if (term.kind == TERM_DECAY) {
      w -= c * (mask * w);
      continue;
    }
    let signed = select(c, -c, term.kind == TERM_BACK);
    w += signed * (mask * noise1(key, vec2u(term.step, term.probe), tensor, element));
  }
  if (rounds && has_moved) { w = rounded1(w, key, step, tensor, element); }
  return w;
}

// sign: 0 for W+, 1 for W-
fn perturbed(weight: f32, tensor: u32, element: u32, sign: u32) -> f32 {
  var w = apply_terms1(weight, tensor, element, 0u, state.update_count, true);
  if (!is_probed(state, NO_BLOCK)) { return w; }
  let mask = mask1(w, thresholds[tensor]);
  let offsets_end = state.update_count + state.offset_count;
  w = apply_terms1(w, tensor, element, state.update_count, offsets_end, false);
  let key = vec2u(state.seed_low, state.seed_high);
  let z = mask * noise1(key, vec2u(state.probe_step, state.probe_index), tensor, element);
  return select(w + state.epsilon * z, w - state.epsilon * z, sign == 1u);
}
