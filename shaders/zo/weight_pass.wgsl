// One pass over a tensor's weights, eight elements a thread at a time:
//   theta <- theta + sum of pending terms          (the update of the step before)
//   W+    <- theta + offsets + epsilon * mask * z
//   W-    <- theta + offsets - epsilon * mask * z
// theta itself is never perturbed. coefficient * z is exact in f32 (16 + 4 bits), so every addition
// rounds once, fused or not. Halves are rounded once more, at the end of each step: a weight is the
// same whether its steps come one a pass or many.
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

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<uniform> state: PassState;
@group(0) @binding(2) var<storage, read> chunks: array<Chunk>;
@group(0) @binding(3) var<storage, read> terms: array<Term>;
@group(0) @binding(4) var<storage, read> coefficients: array<f32>; // by slot
@group(0) @binding(5) var<storage, read> thresholds: array<f32>; // by tensor
@group(0) @binding(6) var<storage, read_write> theta: array<u32>; // as STORAGE says
@group(0) @binding(7) var<storage, read_write> probe: array<f32>; // [2, stride]: W+, W-

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
  for (var group = chunk.first / 8u + lane; group * 8u < end; group += WORKGROUP_SIZE) {
    let low = max(group * 8u, chunk.first) - group * 8u; // lanes of the group inside the chunk
    let high = min(group * 8u + 8u, end) - group * 8u;
    let at = i32(chunk.theta_offset) + i32(group * 8u) - i32(chunk.first);
    var w = load8(at, low, high);
    if (state.update_count > 0u) {
      w = apply_terms(w, chunk, group, 0u, state.update_count, true);
      store_theta(w, at, low, high);
    }
    let writes = params.writes_probe;
    if (writes == NEVER || (writes == WHERE_PROBED && !probed)) { continue; }
    let plus = i32(chunk.out_offset) + i32(group * 8u) - i32(chunk.first);
    let minus = plus + i32(params.stride);
    if (!probed) {
      store_probe(w, plus, low, high);
      if (writes == ALWAYS) { store_probe(w, minus, low, high); }
      continue;
    }
    let both = probed8(w, chunk, group);
    store_probe(both.plus, plus, low, high);
    store_probe(both.minus, minus, low, high);
  }
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

fn store_probe(w: Eight, at: i32, low: u32, high: u32) {
  if (inside(0u, low, high)) { probe[at] = w.a.x; }
  if (inside(1u, low, high)) { probe[at + 1] = w.a.y; }
  if (inside(2u, low, high)) { probe[at + 2] = w.a.z; }
  if (inside(3u, low, high)) { probe[at + 3] = w.a.w; }
  if (inside(4u, low, high)) { probe[at + 4] = w.b.x; }
  if (inside(5u, low, high)) { probe[at + 5] = w.b.y; }
  if (inside(6u, low, high)) { probe[at + 6] = w.b.z; }
  if (inside(7u, low, high)) { probe[at + 7] = w.b.w; }
}
