// y[s] = x[row of scored position s]: only these go through the head of the model.
#include "lib/batch.wgsl"

struct Params {
  width: u32, // C
}

override WORKGROUP_SIZE: u32 = 64;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<uniform> batch: Batch;
@group(0) @binding(2) var<storage, read> scored: array<Scored>; // [S]
@group(0) @binding(3) var<storage, read> x: array<f32>; // [signs * T, C]
@group(0) @binding(4) var<storage, read_write> y: array<f32>; // [signs * S, C]

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) global: vec3u) {
  let s = global.y;
  let column = global.x;
  if (s >= batch.signs * batch.scored || column >= params.width) { return; }
  let row = (s / batch.scored) * batch.tokens + scored[s % batch.scored].row;
  y[s * params.width + column] = x[row * params.width + column];
}
