// As linear_quad with 16 rows a lane: half the loads of w for each multiply-add. Beside it, in GFLOP/s of
// two free cores on 512 x 768 x 768 (lavapipe, by the driver's processor time): 8 x 4 18, 8 x 8 19,
// 16 x 4 21, 16 x 8 26, 32 x 4 25, plain 8 x 4 13, plain 4 x 4 9, shared 5. The larger tiles take twice as
// long to compile and fill badly.
enable subgroups;
#include "lib/linear.wgsl"
#include "lib/quad_tile_tall.wgsl"

@group(0) @binding(0) var<uniform> params: LinearParams;
@group(0) @binding(1) var<uniform> batch: Batch;
@group(0) @binding(2) var<storage, read> x: array<f32>; // [rows, K]
@group(0) @binding(3) var<storage, read> w: array<f32>; // [N, K], as in safetensors
@group(0) @binding(4) var<storage, read> vectors: array<f32>; // every 1-D parameter
@group(0) @binding(5) var<storage, read_write> y: array<f32>; // [rows, y_stride]

fn pair(at: u32) -> vec2f { return vec2f(w[at], w[at + 1u]); }
fn single(at: u32) -> f32 { return w[at]; }

@compute @workgroup_size(16)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(local_invocation_index) lane: u32,
  @builtin(subgroup_invocation_id) subgroup_lane: u32,
) {
  multiply_tile(workgroup, lane, subgroup_lane & 3u);
}
