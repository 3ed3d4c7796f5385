// x[row] = perturbed embed_tokens[id[row]] for the rows whose id lies in this shard.
#include "lib/look_up.wgsl"

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

fn put(at: i32, value: f32) { x[at] = value; }

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) global: vec3u) {
  let groups = groups_of(params.width);
  let row = global.x / groups;
  if (row >= batch.tokens) { return; }
  let at = rows[row].id;
  if (at < params.first_id || at >= params.end_id) { return; }
  look_up(row, at, params.first_id, params.width, params.tensor, global.x % groups);
}
