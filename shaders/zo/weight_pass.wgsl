// One pass over a tensor's weights: the pending update is applied, W+ and W- are written. Runs on every
// shape; where groups of eight are never cut, weight_pass_whole is faster.
#include "lib/eight.wgsl"
#include "lib/pass.wgsl"

@group(0) @binding(6) var<storage, read_write> theta: array<u32>; // as STORAGE says
@group(0) @binding(7) var<storage, read_write> probe: array<f32>; // [2, stride]: W+, W-

const WHOLE_GROUPS = false;

fn put(at: i32, value: f32) { probe[at] = value; }

fn keep8(w: Eight, at: i32, low: u32, high: u32) {
  if (STORAGE == HALVES) {
    keep_halves(w, at / 2, low, high);
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
fn keep_halves(w: Eight, at: i32, low: u32, high: u32) {
  let a = half_near(w.a, vec4u(0xffffffffu));
  let b = half_near(w.b, vec4u(0xffffffffu));
  if (inside(0u, low, high)) { theta[at] = a.x | (a.y << 16u); }
  if (inside(2u, low, high)) { theta[at + 1] = a.z | (a.w << 16u); }
  if (inside(4u, low, high)) { theta[at + 2] = b.x | (b.y << 16u); }
  if (inside(6u, low, high)) { theta[at + 3] = b.z | (b.w << 16u); }
}
