// The second half of the rows becomes a copy of the first: below the first perturbed weight both
// signs are the same and are computed once.
#include "lib/batch.wgsl"

struct Params {
  width: u32, // C
}

override WORKGROUP_SIZE: u32 = 64;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<uniform> batch: Batch;
@group(0) @binding(2) var<storage, read_write> x: array<f32>; // [2 * T, C]

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) global: vec3u) {
  let row = global.y;
  let column = global.x;
  if (row >= batch.tokens || column >= params.width) { return; }
  x[(batch.tokens + row) * params.width + column] = x[row * params.width + column];
}
