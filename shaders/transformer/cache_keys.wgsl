// cache[own_start[row] + position[row]] = keys and values of the row: kept for the tokens that follow.
#include "lib/batch.wgsl"

struct Params {
  width: u32, // C
}

override WORKGROUP_SIZE: u32 = 64;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<uniform> batch: Batch;
@group(0) @binding(2) var<storage, read> rows: array<Row>; // [T], own_start a row of the cache
@group(0) @binding(3) var<storage, read> kvq: array<f32>; // [T, 3 C]: k, v, q
@group(0) @binding(4) var<storage, read_write> cache: array<f32>; // [slots * positions, 2 C]: k, v

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) global: vec3u) {
  let row = global.y;
  let column = global.x;
  if (row >= batch.tokens || column >= 2u * params.width) { return; }
  let to = rows[row].own_start + rows[row].position;
  cache[to * 2u * params.width + column] = kvq[row * 3u * params.width + column];
}
