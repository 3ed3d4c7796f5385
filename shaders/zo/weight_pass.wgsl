// One pass over a tensor's weights, eight elements a thread at a time:
//   theta <- theta + sum of pending terms          (the update of the step before)
//   W+    <- theta + offsets + epsilon * mask * z
//   W-    <- theta + offsets - epsilon * mask * z
// theta itself is never perturbed. coefficient * z is exact in f32 (16 + 4 bits), so every addition
// rounds once, fused or not. Halves are rounded once more, at the end of each step: a weight is the
// same whether its steps come one a pass or many.
//
// Software drivers run the body of a loop once more with all lanes off, and SwiftShader both sides of
// every branch: a loop over no terms costs as much as one over a term. Hence ONE_TERM, without loops.
// Milliseconds over 768 x 768, binomial, one update pending (`npm run bench -- passes binomial`, by
// processor time on busy cores; lavapipe | SwiftShader): any terms 5.2 | 64, whole groups 3.7 | 60, by
// 16 threads 3.5 | 54; one term 2.3 | 28, by 16 threads 2.2 | 25.
//
// Tried: the pass inside the product (each lane draws 8 weights of 4 columns and multiplies them with
// all rows of both signs; no scratch). Its time divided by that of pass and product, on lavapipe over the
// same: 0.43 with 1 row per sign, 0.64 with 4, 0.71 with 8, 0.86 with 16, 1.09 with 32. Left out: a
// batch of 16 rows scores 32, its layers have hundreds, and the driver takes 55 s to compile it for
// tiles of 8 rows a sign (81 s for 16) where linear_quad takes 3; SwiftShader had no answer in 280 s.
#include "lib/eight.wgsl"
#include "lib/perturbed.wgsl"

struct Params {
  first_chunk: u32,
  writes_probe: u32, // as the constants below
  stride: u32, // elements of W+: where W- begins in probe
}

const NEVER = 0u;
const WHERE_PROBED = 1u;
const ALWAYS = 2u; // W+ = W- = theta where not perturbed
const WIDENED = 3u; // theta in the place of W+ where not perturbed, and no W-

override WORKGROUP_SIZE: u32 = 64;
// At most one update is pending and there are no offsets, as in most steps of most methods.
override ONE_TERM: bool = false;
// Every chunk begins and ends between groups of eight, as where all widths are multiples of eight.
override WHOLE_GROUPS: bool = false;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<uniform> state: PassState;
@group(0) @binding(2) var<storage, read> chunks: array<Chunk>;
@group(0) @binding(3) var<storage, read> terms: array<Term>;
@group(0) @binding(4) var<storage, read> coefficients: array<f32>; // by slot
@group(0) @binding(5) var<storage, read> thresholds: array<f32>; // by tensor
@group(0) @binding(6) var<storage, read_write> theta: array<u32>; // as STORAGE says
@group(0) @binding(7) var<storage, read_write> probe: array<f32>; // [2, stride]: W+, W-

fn put(at: i32, value: f32) { probe[at] = value; }

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
  let writes = params.writes_probe;
  let writes_plus = writes == ALWAYS || writes == WIDENED || (writes == WHERE_PROBED && probed);
  let writes_minus = writes == ALWAYS || probed;
  let threshold = thresholds[chunk.tensor];
  let term = terms[0];
  let c = coefficients[term.slot];
  let one_moves = ONE_TERM && state.update_count > 0u && moves(chunk, term, c);
  for (var group = chunk.first / 8u + lane; group * 8u < end; group += WORKGROUP_SIZE) {
    // Lanes of the group inside the chunk.
    let low = select(max(group * 8u, chunk.first) - group * 8u, 0u, WHOLE_GROUPS);
    let high = select(min(group * 8u + 8u, end) - group * 8u, 8u, WHOLE_GROUPS);
    let at = i32(chunk.theta_offset) + i32(group * 8u) - i32(chunk.first);
    var w = load8(at, low, high);
    if (one_moves) {
      w = moved(w, mask8(w, threshold), chunk, group, term, c);
      if (STORAGE != FLOATS) { w = rounded8(w, seed(), term.step, chunk.tensor, group); }
      store_theta(w, at, low, high);
    }
    if (!ONE_TERM && state.update_count > 0u) {
      w = apply_terms(w, chunk, group, 0u, state.update_count, true);
      store_theta(w, at, low, high);
    }
    if (!writes_plus) { continue; }
    // Stores stand in one place: SwiftShader goes through both sides of every branch.
    var both = Both(w, w);
    if (ONE_TERM) {
      if (probed) { both = both_sides(w, mask8(w, threshold), chunk, group); }
    } else {
      if (probed) { both = probed8(w, chunk, group); }
    }
    let out = i32(chunk.out_offset) + i32(group * 8u) - i32(chunk.first);
    put8(both.plus, out, low, high);
    if (writes_minus) { put8(both.minus, out + i32(params.stride), low, high); }
  }
}

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
