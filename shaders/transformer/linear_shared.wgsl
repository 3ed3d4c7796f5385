// y = x wᵀ by tiles of 64 x 64 in workgroup memory, for GPUs that have it in hardware. Runs on every device
// and for every shape. Loads are scalar, and so is workgroup memory: two threads must not write parts of
// one vector.
#include "lib/linear.wgsl"

@group(0) @binding(2) var<storage, read> x: array<f32>; // [rows, K]
@group(0) @binding(3) var<storage, read> w: array<f32>; // [N, K], as in safetensors

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

fn tile_x(k: u32, m: u32) -> vec4f {
  let at = k * STRIDE + 4u * m;
  return vec4f(sh_x[at], sh_x[at + 1u], sh_x[at + 2u], sh_x[at + 3u]);
}

fn tile_w(k: u32, n: u32) -> vec4f {
  let at = k * STRIDE + 4u * n;
  return vec4f(sh_w[at], sh_w[at + 1u], sh_w[at + 2u], sh_w[at + 3u]);
}

#include "lib/shared_tile.wgsl"
