// theta <- theta + update; W+ and W- <- theta ± epsilon z: lib/pass.wgsl for any shape. Where groups of
// eight are never cut, weight_pass_whole is faster.
#include "lib/ragged8.wgsl"
#include "lib/pass.wgsl"

@group(0) @binding(6) var<storage, read_write> theta: array<u32>; // as STORAGE says
@group(0) @binding(7) var<storage, read_write> probe: array<f32>; // [2, stride]: W+, W-

const WHOLE_GROUPS = false;

fn store_out(at: i32, value: f32) { probe[at] = value; }

fn store_theta8(w: Vec8, at: i32, low: u32, high: u32) {
  if (STORAGE == HALVES) {
    store_halves8(w, at / 2, low, high);
    return;
  }
  if (is_ours(0u, low, high)) { theta[at] = bitcast<u32>(w.a.x); }
  if (is_ours(1u, low, high)) { theta[at + 1] = bitcast<u32>(w.a.y); }
  if (is_ours(2u, low, high)) { theta[at + 2] = bitcast<u32>(w.a.z); }
  if (is_ours(3u, low, high)) { theta[at + 3] = bitcast<u32>(w.a.w); }
  if (is_ours(4u, low, high)) { theta[at + 4] = bitcast<u32>(w.b.x); }
  if (is_ours(5u, low, high)) { theta[at + 5] = bitcast<u32>(w.b.y); }
  if (is_ours(6u, low, high)) { theta[at + 6] = bitcast<u32>(w.b.z); }
  if (is_ours(7u, low, high)) { theta[at + 7] = bitcast<u32>(w.b.w); }
}

fn store_halves8(w: Vec8, at: i32, low: u32, high: u32) {
  let a = exact_halves(w.a);
  let b = exact_halves(w.b);
  if (is_ours(0u, low, high)) { theta[at] = a.x | (a.y << 16u); }
  if (is_ours(2u, low, high)) { theta[at + 1] = a.z | (a.w << 16u); }
  if (is_ours(4u, low, high)) { theta[at + 2] = b.x | (b.y << 16u); }
  if (is_ours(6u, low, high)) { theta[at + 3] = b.z | (b.w << 16u); }
}
