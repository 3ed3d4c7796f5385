// As linear_quad over weights in half precision, two to a word: needs no shader-f16. Half the loads.
// The sums are the same, to the bit, as of weights widened to f32 first.
enable subgroups;
#include "lib/linear.wgsl"
#include "lib/quad_tile.wgsl"

@group(0) @binding(0) var<uniform> params: LinearParams;
@group(0) @binding(1) var<uniform> batch: Batch;
@group(0) @binding(2) var<storage, read> x: array<f32>; // [rows, K]
@group(0) @binding(3) var<storage, read> w: array<u32>; // [N, K / 2], two halves a word, the first one low
@group(0) @binding(4) var<storage, read> vectors: array<f32>; // every 1-D parameter
@group(0) @binding(5) var<storage, read_write> y: array<f32>; // [rows, y_stride]

fn pair(at: u32) -> vec2f { return unpack2x16float(w[at / 2u]); }
fn single(at: u32) -> f32 { return unpack2x16float(w[at / 2u])[at % 2u]; }

@compute @workgroup_size(16)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(local_invocation_index) lane: u32,
  @builtin(subgroup_invocation_id) subgroup_lane: u32,
) {
  multiply_tile(workgroup, lane, subgroup_lane & 3u);
}
