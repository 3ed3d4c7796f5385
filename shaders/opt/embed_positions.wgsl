// x[row] += perturbed embed_positions[position[row] + 2], where that row lies in this shard. OPT's
// table begins with two unused rows.
#include "lib/look_up.wgsl"

struct Params {
  width: u32, // C
  first_row: u32, // of the table's shard
  end_row: u32,
  tensor: u32, // index in the table of parameters
}

const POSITION_OFFSET = 2u; // transformers, OPTLearnedPositionalEmbedding

override WORKGROUP_SIZE: u32 = 64;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<uniform> state: PassState;
@group(0) @binding(2) var<uniform> batch: Batch;
@group(0) @binding(3) var<storage, read> terms: array<Term>;
@group(0) @binding(4) var<storage, read> coefficients: array<f32>;
@group(0) @binding(5) var<storage, read> thresholds: array<f32>;
@group(0) @binding(6) var<storage, read> theta: array<u32>; // as STORAGE says, [end_row - first_row, C]
@group(0) @binding(7) var<storage, read> rows: array<Row>; // [T]
@group(0) @binding(8) var<storage, read_write> x: array<f32>; // [signs * T, C]

fn put(at: i32, value: f32) { x[at] += value; }

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) global: vec3u) {
  let groups = groups_of(params.width);
  let row = global.x / groups;
  if (row >= batch.tokens) { return; }
  let at = rows[row].position + POSITION_OFFSET;
  if (at < params.first_row || at >= params.end_row) { return; }
  look_up(row, at, params.first_row, params.width, params.tensor, global.x % groups);
}
