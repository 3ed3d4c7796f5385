// Matrix product by register tiles of 8 x 4 a lane; x is loaded once per quad of lanes and spread with
// quadBroadcast. The shape for software adapters, where a load costs as much as 17 multiply-adds and
// shared memory is slow. k ascends in one accumulator in every variant but linear_few, so all those
// give the same bits where a driver does not fuse.
enable subgroups;
#include "lib/linear.wgsl"
#include "lib/quad_tile.wgsl"

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
