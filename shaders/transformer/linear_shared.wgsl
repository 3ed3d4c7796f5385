// Matrix product by 64 x 64 tiles in workgroup memory, 4 x 4 sums a thread: the shape for GPUs with
// real shared memory. 256 threads, 16 deep, 8.5 KiB. Needs no optional feature.
#include "lib/linear.wgsl"

@group(0) @binding(0) var<uniform> params: LinearParams;
@group(0) @binding(1) var<uniform> batch: Batch;
@group(0) @binding(2) var<storage, read> x: array<f32>; // [rows, K]
@group(0) @binding(3) var<storage, read> w: array<f32>; // [N, K], as in safetensors
@group(0) @binding(4) var<storage, read> vectors: array<f32>; // every 1-D parameter
@group(0) @binding(5) var<storage, read_write> y: array<f32>; // [rows, y_stride]

const TILE = 64u;
const DEPTH = 16u;
const STRIDE = 68u; // of a tile's row; 64 + 4 keeps columns in different banks

var<workgroup> sh_x: array<f32, 1088>; // [DEPTH, STRIDE], k major
var<workgroup> sh_w: array<f32, 1088>;

fn load_tiles(layer: Layer, lane: u32, k0: u32, m0: u32, n0: u32) {
  for (var i = lane; i < TILE * DEPTH; i += 256u) {
    let row = i / DEPTH;
    let k = i % DEPTH;
    let at = k * STRIDE + row;
    let inside = k0 + k < params.inner;
    sh_x[at] = 0.0;
    sh_w[at] = 0.0;
    if (inside && m0 + row < layer.rows) {
      sh_x[at] = x[(layer.first_row + m0 + row) * params.inner + k0 + k];
    }
    if (inside && n0 + row < params.outer) {
      sh_w[at] = w[layer.first_weight + (n0 + row) * params.inner + k0 + k];
    }
  }
}

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let layer = layer_of(params, batch, workgroup.z);
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
    load_tiles(layer, lane, k0, m0, n0);
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
  let columns = columns_of(layer, n0 + tn, 1u);
  store4(layer, m0 + tm, columns, s0);
  store4(layer, m0 + tm + 1u, columns, s1);
  store4(layer, m0 + tm + 2u, columns, s2);
  store4(layer, m0 + tm + 3u, columns, s3);
}
