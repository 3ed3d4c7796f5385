// x[row] = perturbed embed_tokens[id[row]] for the rows whose id lies in this shard.
#include "lib/batch.wgsl"
#include "lib/perturbed.wgsl"

struct Params {
  width: u32, // E
  first_id: u32, // of the shard
  end_id: u32,
  tensor: u32, // index in the table of parameters
}

override WORKGROUP_SIZE: u32 = 64;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<uniform> state: PassState;
@group(0) @binding(2) var<uniform> batch: Batch;
@group(0) @binding(3) var<storage, read> terms: array<Term>;
@group(0) @binding(4) var<storage, read> coefficients: array<f32>;
@group(0) @binding(5) var<storage, read> thresholds: array<f32>;
@group(0) @binding(6) var<storage, read> theta: array<u32>; // as STORAGE says, [end_id - first_id, E]
@group(0) @binding(7) var<storage, read> rows: array<Row>; // [T]
@group(0) @binding(8) var<storage, read_write> x: array<f32>; // [signs * T, E]

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) global: vec3u) {
  let row = global.y;
  let column = global.x;
  if (row >= batch.signs * batch.tokens || column >= params.width) { return; }
  let sign = row / batch.tokens;
  let id = rows[row % batch.tokens].id;
  if (id < params.first_id || id >= params.end_id) { return; }
  let weight = theta1((id - params.first_id) * params.width + column);
  x[row * params.width + column] = perturbed(weight, params.tensor, id * params.width + column, sign);
}
