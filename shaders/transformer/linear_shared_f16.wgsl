// As linear_shared_vec4 over weights in half precision, as the shader-f16 feature reads them. Sums are
// in f32: the loss difference of two signs would drown in the rounding of halves.
enable f16;
#include "lib/linear.wgsl"
#include "lib/shared_tile.wgsl"

@group(0) @binding(0) var<uniform> params: LinearParams;
@group(0) @binding(1) var<uniform> batch: Batch;
@group(0) @binding(2) var<storage, read> x: array<vec4f>; // [rows, K / 4]
@group(0) @binding(3) var<storage, read> w: array<vec4<f16>>; // [N, K / 4]
@group(0) @binding(4) var<storage, read> vectors: array<f32>; // every 1-D parameter
@group(0) @binding(5) var<storage, read_write> y: array<f32>; // [rows, y_stride]

fn four(at: u32) -> vec4f { return vec4f(w[at / 4u]); }

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  multiply_tile(workgroup, lane);
}
