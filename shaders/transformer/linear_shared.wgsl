// y = x wᵀ by tiles of 64 x 64 in workgroup memory, for GPUs that have it in hardware: 256 threads, 4 x 4
// sums each, 16 deep, 8.5 KiB. Runs on every device and for every shape: loads are scalar, and so is
// workgroup memory, because two threads must not write parts of one vector. (Sharing the loop of
// lib/shared_tile.wgsl by functions that load a vec4f cost lavapipe a tenth.)
#include "lib/linear.wgsl"

@group(0) @binding(2) var<storage, read> x: array<f32>; // [rows, K]
@group(0) @binding(3) var<storage, read> w: array<f32>; // [N, K], as in safetensors

const TILE = 64u;
const DEPTH = 16u;
const STRIDE = 68u; // of a tile's row; 64 + 4 keeps columns in different banks

var<workgroup> sh_x: array<f32, 1088>; // [DEPTH, STRIDE], k major
var<workgroup> sh_w: array<f32, 1088>;

fn load_tiles(slice: Slice, lane: u32, k0: u32, m0: u32, n0: u32) {
  for (var i = lane; i < TILE * DEPTH; i += 256u) {
    let row = i / DEPTH;
    let k = i % DEPTH;
    let at = k * STRIDE + row;
    let inside = k0 + k < params.inner;
    sh_x[at] = 0.0;
    sh_w[at] = 0.0;
    if (inside && m0 + row < slice.rows) {
      sh_x[at] = x[(slice.first_row + m0 + row) * params.inner + k0 + k];
    }
    if (inside && n0 + row < params.outer) {
      sh_w[at] = w[slice.first_weight + (n0 + row) * params.inner + k0 + k];
    }
  }
}

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let slice = slice_of(workgroup.z);
  let m0 = workgroup.y * TILE;
  let n0 = workgroup.x * TILE;
  let tm = (lane / 16u) * 4u;
  let tn = (lane % 16u) * 4u;
  var s0 = vec4f(0.0);
  var s1 = vec4f(0.0);
  var s2 = vec4f(0.0);
  var s3 = vec4f(0.0);
  for (var k0 = 0u; k0 < params.inner; k0 += DEPTH) {
    workgroupBarrier();
    load_tiles(slice, lane, k0, m0, n0);
    workgroupBarrier();
    for (var k = 0u; k < DEPTH; k++) {
      let at = k * STRIDE;
      let b = vec4f(sh_w[at + tn], sh_w[at + tn + 1u], sh_w[at + tn + 2u], sh_w[at + tn + 3u]);
      s0 += sh_x[at + tm] * b;
      s1 += sh_x[at + tm + 1u] * b;
      s2 += sh_x[at + tm + 2u] * b;
      s3 += sh_x[at + tm + 3u] * b;
    }
  }
  let columns = columns_of(slice, n0 + tn, 1u);
  store4(slice, m0 + tm, columns, s0);
  store4(slice, m0 + tm + 1u, columns, s1);
  store4(slice, m0 + tm + 2u, columns, s2);
  store4(slice, m0 + tm + 3u, columns, s3);
}
