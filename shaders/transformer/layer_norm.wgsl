// y[row] = (x[row] - mean) / sqrt(variance + 1e-5) * weight + bias, a workgroup per row.
// Mean and variance are two passes over the row: subtracting the mean first keeps f32 accurate enough for
// the small difference between the losses of the two signs.
#include "lib/batch.wgsl"
#include "lib/reduce.wgsl"

struct Params {
  width: u32, // C
  weight_offset: u32, // in the vectors of a sign
  bias_offset: u32,
  vectors_stride: u32, // elements of the vectors per sign
  over_scored: u32, // 1: rows are the scored positions, 0: the tokens
}

const EPSILON = 1e-5;

override WORKGROUP_SIZE: u32 = 32;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<uniform> batch: Batch;
@group(0) @binding(2) var<storage, read> vectors: array<f32>; // [2, vectors_stride], the 1-D parameters
@group(0) @binding(3) var<storage, read> x: array<f32>; // [signs * rows, C]
@group(0) @binding(4) var<storage, read_write> y: array<f32>; // [signs * rows, C]

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(num_workgroups) workgroups: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let rows = select(batch.tokens, batch.scored, params.over_scored == 1u);
  let row = workgroup.y * workgroups.x + workgroup.x;
  if (row >= batch.signs * rows) { return; }
  let start = row * params.width;
  var sum = 0.0;
  for (var i = lane; i < params.width; i += WORKGROUP_SIZE) { sum += x[start + i]; }
  let mean = workgroup_sum(lane, sum) / f32(params.width);
  var squares = 0.0;
  for (var i = lane; i < params.width; i += WORKGROUP_SIZE) {
    let d = x[start + i] - mean;
    squares += d * d;
  }
  let scale = 1.0 / sqrt(workgroup_sum(lane, squares) / f32(params.width) + EPSILON);
  let of_sign = select(params.vectors_stride, 0u, row < rows);
  for (var i = lane; i < params.width; i += WORKGROUP_SIZE) {
    let weight = vectors[of_sign + params.weight_offset + i];
    let bias = vectors[of_sign + params.bias_offset + i];
    y[start + i] = (x[start + i] - mean) * scale * weight + bias;
  }
}
