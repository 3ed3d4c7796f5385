// A weight pass, eight elements of a tensor a thread at a time:
//   theta <- theta + sum of pending terms          (the update of the step before)
//   W+    <- theta + offsets + epsilon * mask * z
//   W-    <- theta + offsets - epsilon * mask * z
// theta itself is never perturbed. coefficient * z is exact in f32 (16 + 4 bits), so every addition
// rounds once, fused or not. Halves are rounded once more, at the end of each step: a weight is the
// same whether its steps come one a pass or many.
//
// Software drivers run the body of a loop once more with all lanes off, and SwiftShader both sides of
// every branch: a loop over no terms costs as much as one over a term. Hence ONE_TERM, without loops.
//
// The including file binds theta and probe, each as it moves them. It says whether WHOLE_GROUPS are all
// there is, and with load8 and keep8 how eight weights are read and written, with put8 how eight elements
// of probe are.
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

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<uniform> state: PassState;
@group(0) @binding(2) var<storage, read> chunks: array<Chunk>;
@group(0) @binding(3) var<storage, read> terms: array<Term>;
@group(0) @binding(4) var<storage, read> coefficients: array<f32>; // by slot
@group(0) @binding(5) var<storage, read> thresholds: array<f32>; // by tensor

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
  let threshold = threshold_of(chunk.tensor);
  let term = terms[0];
  let c = coefficients[term.slot];
  let one_moves = ONE_TERM && state.update_count > 0u && moves(chunk, term, c);
  let along_term = stream_of_term(term, chunk.tensor);
  let along_probe = stream_of_probe(chunk.tensor);
  for (var group = chunk.first / 8u + lane; group * 8u < end; group += WORKGROUP_SIZE) {
    // Lanes of the group inside the chunk.
    let low = select(max(group * 8u, chunk.first) - group * 8u, 0u, WHOLE_GROUPS);
    let high = select(min(group * 8u + 8u, end) - group * 8u, 8u, WHOLE_GROUPS);
    let at = i32(chunk.theta_offset) + i32(group * 8u) - i32(chunk.first);
    var w = load8(at, low, high);
    if (one_moves) {
      w = moved(w, mask8(w, threshold), noise8(along_term, group), term, c);
      if (STORAGE != FLOATS) { w = rounded8(w, seed(), term.step, chunk.tensor, group); }
      keep8(w, at, low, high);
    }
    if (!ONE_TERM && state.update_count > 0u) {
      w = apply_terms(w, chunk, group, 0u, state.update_count, true);
      keep8(w, at, low, high);
    }
    if (!writes_plus) { continue; }
    // Stores stand in one place: SwiftShader goes through both sides of every branch.
    var both = Both(w, w);
    if (ONE_TERM) {
      if (probed) { both = both_sides(w, mask8(w, threshold), noise8(along_probe, group)); }
    } else {
      if (probed) { both = probed8(w, chunk, group); }
    }
    let out = i32(chunk.out_offset) + i32(group * 8u) - i32(chunk.first);
    put8(both.plus, out, low, high);
    if (writes_minus) { put8(both.minus, out + i32(params.stride), low, high); }
  }
}
