// A weight pass, eight elements of a tensor per thread at a time:
//   theta <- theta + sum of pending terms          (the update of the step before)
//   W+    <- theta + offsets + epsilon * mask * z
//   W-    <- theta + offsets - epsilon * mask * z, or + other_epsilon * mask * z_other with ONE_SIDED
// theta itself is never perturbed. coefficient * z is exact in f32 (16 + 4 bits), so every addition
// rounds once, fused or not. Halves are rounded once more at the end of each step: a weight is the same
// whether its steps come one per pass or many.
//
// The including file binds theta and probe, sets WHOLE_GROUPS, and gives load_theta8, store_theta8 and
// store_out8, the latter for elements of probe. Measured: docs/kernels.md#weight_pass
#include "lib/perturbed.wgsl"

struct Params {
  first_chunk: u32,
  writes_probe: u32, // as the constants below
  stride: u32, // elements of W+: where W- begins in probe
}

const WRITE_NEVER = 0u;
const WRITE_PROBED = 1u; // W+ and W- of what is perturbed
const WRITE_ALWAYS = 2u; // W+ = W- = theta of the rest
const WRITE_WIDENED = 3u; // W+ = theta of the rest, and no W-

override WORKGROUP_SIZE: u32 = 64;
// At most one update is pending and there are no offsets, as in most steps of most methods: no loops over
// terms, because a loop over no terms costs a software driver as much as one over a term.
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
  let writes_plus = writes == WRITE_ALWAYS || writes == WRITE_WIDENED ||
    (writes == WRITE_PROBED && probed);
  let writes_minus = writes == WRITE_ALWAYS || probed;
  let threshold = threshold_of(chunk.tensor);
  let term = terms[0];
  let c = coefficients[term.slot];
  let applies_one = ONE_TERM && state.update_count > 0u && applies(term, chunk, c);
  let term_noise = term_noise_state(term, chunk.tensor);
  let probe_noise = probe_noise_state(chunk.tensor);
  for (var group = chunk.first / 8u + lane; group * 8u < end; group += WORKGROUP_SIZE) {
    // Lanes of the group inside the chunk.
    let low = select(max(group * 8u, chunk.first) - group * 8u, 0u, WHOLE_GROUPS);
    let high = select(min(group * 8u + 8u, end) - group * 8u, 8u, WHOLE_GROUPS);
    let at = i32(chunk.theta_offset) + i32(group * 8u) - i32(chunk.first);
    var w = load_theta8(at, low, high);
    if (applies_one) {
      w = apply_term(w, mask8(w, threshold), noise8(term_noise, group), term, c);
      if (STORAGE != FLOATS) { w = round8_to_halves(w, seed(), term.step, chunk.tensor, group); }
      store_theta8(w, at, low, high);
    }
    if (!ONE_TERM && state.update_count > 0u) {
      w = apply_terms(w, chunk, group, 0u, state.update_count, true);
      store_theta8(w, at, low, high);
    }
    if (!writes_plus) { continue; }
    // One place for the stores: SwiftShader executes both sides of every branch.
    var signs = PlusMinus(w, w);
    if (ONE_TERM) {
      if (probed) { signs = perturb8(w, mask8(w, threshold), noise8(probe_noise, group), chunk.tensor, group); }
    } else {
      if (probed) { signs = probe8(w, chunk, group); }
    }
    let out = i32(chunk.out_offset) + i32(group * 8u) - i32(chunk.first);
    store_out8(signs.plus, out, low, high);
    if (writes_minus) { store_out8(signs.minus, out + i32(params.stride), low, high); }
  }
}
