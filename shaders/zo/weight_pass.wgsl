// One pass over a tensor's weights, eight elements a thread at a time:
//   theta <- theta + sum of pending terms          (the update of the step before)
//   W+    <- theta + offsets + epsilon * mask * z
//   W-    <- theta + offsets - epsilon * mask * z
// theta itself is never perturbed. coefficient * z is exact in f32 (16 + 4 bits), so every addition
// rounds once, fused or not. Halves are rounded once more, at the end of each step: a weight is the
// same whether its steps come one a pass or many.
#include "lib/chunk.wgsl"
#include "lib/rounding.wgsl"
#include "lib/terms.wgsl"

struct Params {
  first_chunk: u32,
  writes_probe: u32, // NEVER, WHERE_PROBED, or ALWAYS (W+ = W- = theta where not perturbed)
}

const NEVER = 0u;
const ALWAYS = 2u;

override WORKGROUP_SIZE: u32 = 64;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<uniform> state: PassState;
@group(0) @binding(2) var<storage, read> chunks: array<Chunk>;
@group(0) @binding(3) var<storage, read> terms: array<Term>;
@group(0) @binding(4) var<storage, read> coefficients: array<f32>; // by slot
@group(0) @binding(5) var<storage, read> thresholds: array<f32>; // by tensor
@group(0) @binding(6) var<storage, read_write> theta: array<u32>; // as STORAGE says
@group(0) @binding(7) var<storage, read_write> w_plus: array<f32>;
@group(0) @binding(8) var<storage, read_write> w_minus: array<f32>;

fn mask8(weights: Eight, threshold: f32) -> Eight {
  if (state.mask_by_magnitude == 0u) { return Eight(vec4f(1.0), vec4f(1.0)); }
  return Eight(
    select(vec4f(0.0), vec4f(1.0), abs(weights.a) <= vec4f(threshold)),
    select(vec4f(0.0), vec4f(1.0), abs(weights.b) <= vec4f(threshold)),
  );
}

// is_kept: the result is written back, so where halves are stored it is one.
fn apply_terms(weights: Eight, chunk: Chunk, group: u32, first: u32, end: u32, is_kept: bool) -> Eight {
  let key = vec2u(state.seed_low, state.seed_high);
  let threshold = thresholds[chunk.tensor];
  let rounds = STORAGE != FLOATS && is_kept;
  var w = weights;
  var mask = mask8(w, threshold);
  var step = 0u; // of the terms being applied
  var has_moved = false; // since the last rounding
  for (var t = first; t < end; t++) {
    let term = terms[t];
    if (term.begins_step == 1u) {
      if (rounds && has_moved) { w = rounded8(w, key, step, chunk.tensor, group); }
      has_moved = false;
      step = term.step;
      mask = mask8(w, threshold);
    }
    let c = coefficients[term.slot];
    // c = 0 marks a step whose loss was no number: not one bit may change, not even -0 to 0.
    if (c == 0.0 || !is_active(chunk.block, term.blocks_low, term.blocks_high, term.embeddings)) {
      continue;
    }
    has_moved = true;
    if (term.kind == TERM_DECAY) {
      if (chunk.decays == 1u) { w.a -= c * (mask.a * w.a); w.b -= c * (mask.b * w.b); }
      continue;
    }
    let z = noise8(key, vec2u(term.step, term.probe), chunk.tensor, group);
    let signed = select(c, -c, term.kind == TERM_BACK);
    w.a += signed * (mask.a * z.a);
    w.b += signed * (mask.b * z.b);
  }
  if (rounds && has_moved) { w = rounded8(w, key, step, chunk.tensor, group); }
  return w;
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let chunk = chunks[params.first_chunk + workgroup.y * workgroups.x + workgroup.x];
  if (chunk.count == 0u) { return; }
  let end = chunk.first + chunk.count;
  let probed = is_probed(state, chunk.block);
  let key = vec2u(state.seed_low, state.seed_high);
  for (var group = chunk.first / 8u + lane; group * 8u < end; group += WORKGROUP_SIZE) {
    let low = max(group * 8u, chunk.first) - group * 8u; // lanes of the group inside the chunk
    let high = min(group * 8u + 8u, end) - group * 8u;
    let at = i32(chunk.theta_offset) + i32(group * 8u) - i32(chunk.first);
    var w = load8(at, low, high);
    if (state.update_count > 0u) {
      w = apply_terms(w, chunk, group, 0u, state.update_count, true);
      store_theta(w, at, low, high);
    }
    if (params.writes_probe == NEVER || (!probed && params.writes_probe != ALWAYS)) { continue; }
    let out = i32(chunk.out_offset) + i32(group * 8u) - i32(chunk.first);
    if (!probed) {
      store_probe(w, w, out, low, high);
      continue;
    }
    let mask = mask8(w, thresholds[chunk.tensor]);
    let z = noise8(key, vec2u(state.probe_step, state.probe_index), chunk.tensor, group);
    let offsets_end = state.update_count + state.offset_count;
    let base = apply_terms(w, chunk, group, state.update_count, offsets_end, false);
    let step_a = state.epsilon * (mask.a * z.a);
    let step_b = state.epsilon * (mask.b * z.b);
    store_probe(
      Eight(base.a + step_a, base.b + step_b),
      Eight(base.a - step_a, base.b - step_b),
      out, low, high,
    );
  }
}

// Lanes outside [low, high) belong to the neighbours; they repeat the first lane of ours.
fn load8(at: i32, low: u32, high: u32) -> Eight {
  let l = i32(low);
  let h = i32(high) - 1;
  if (STORAGE == HALVES) { return load_halves(at / 2, l / 2, h / 2); }
  return Eight(
    bitcast<vec4f>(vec4u(theta[at + clamp(0, l, h)], theta[at + clamp(1, l, h)],
                         theta[at + clamp(2, l, h)], theta[at + clamp(3, l, h)])),
    bitcast<vec4f>(vec4u(theta[at + clamp(4, l, h)], theta[at + clamp(5, l, h)],
                         theta[at + clamp(6, l, h)], theta[at + clamp(7, l, h)])),
  );
}

// Words [l, h] of the group's four are ours: matrices of halves have rows of even length, so that no
// word has two owners.
fn load_halves(at: i32, l: i32, h: i32) -> Eight {
  let words = vec4u(theta[at + clamp(0, l, h)], theta[at + clamp(1, l, h)],
                    theta[at + clamp(2, l, h)], theta[at + clamp(3, l, h)]);
  let upper = words >> vec4u(16u);
  return Eight(
    widened(vec4u(words.x, upper.x, words.y, upper.y)),
    widened(vec4u(words.z, upper.z, words.w, upper.w)),
  );
}

fn inside(lane: u32, low: u32, high: u32) -> bool { return lane >= low && lane < high; }

fn store_theta(w: Eight, at: i32, low: u32, high: u32) {
  if (STORAGE == HALVES) {
    store_halves(w, at / 2, low, high);
    return;
  }
  if (inside(0u, low, high)) { theta[at] = bitcast<u32>(w.a.x); }
  if (inside(1u, low, high)) { theta[at + 1] = bitcast<u32>(w.a.y); }
  if (inside(2u, low, high)) { theta[at + 2] = bitcast<u32>(w.a.z); }
  if (inside(3u, low, high)) { theta[at + 3] = bitcast<u32>(w.a.w); }
  if (inside(4u, low, high)) { theta[at + 4] = bitcast<u32>(w.b.x); }
  if (inside(5u, low, high)) { theta[at + 5] = bitcast<u32>(w.b.y); }
  if (inside(6u, low, high)) { theta[at + 6] = bitcast<u32>(w.b.z); }
  if (inside(7u, low, high)) { theta[at + 7] = bitcast<u32>(w.b.w); }
}

// w holds values of halves; the draw of all ones takes each as it is.
fn store_halves(w: Eight, at: i32, low: u32, high: u32) {
  let a = half_near(w.a, vec4u(0xffffffffu));
  let b = half_near(w.b, vec4u(0xffffffffu));
  if (inside(0u, low, high)) { theta[at] = a.x | (a.y << 16u); }
  if (inside(2u, low, high)) { theta[at + 1] = a.z | (a.w << 16u); }
  if (inside(4u, low, high)) { theta[at + 2] = b.x | (b.y << 16u); }
  if (inside(6u, low, high)) { theta[at + 3] = b.z | (b.w << 16u); }
}

fn store_probe(plus: Eight, minus: Eight, at: i32, low: u32, high: u32) {
  if (inside(0u, low, high)) { w_plus[at] = plus.a.x; w_minus[at] = minus.a.x; }
  if (inside(1u, low, high)) { w_plus[at + 1] = plus.a.y; w_minus[at + 1] = minus.a.y; }
  if (inside(2u, low, high)) { w_plus[at + 2] = plus.a.z; w_minus[at + 2] = minus.a.z; }
  if (inside(3u, low, high)) { w_plus[at + 3] = plus.a.w; w_minus[at + 3] = minus.a.w; }
  if (inside(4u, low, high)) { w_plus[at + 4] = plus.b.x; w_minus[at + 4] = minus.b.x; }
  if (inside(5u, low, high)) { w_plus[at + 5] = plus.b.y; w_minus[at + 5] = minus.b.y; }
  if (inside(6u, low, high)) { w_plus[at + 6] = plus.b.z; w_minus[at + 6] = minus.b.z; }
  if (inside(7u, low, high)) { w_plus[at + 7] = plus.b.w; w_minus[at + 7] = minus.b.w; }
}
