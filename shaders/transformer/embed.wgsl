// x[t] = table[row of t], or x[t] += table[row of t], where that row is in this shard of the table. The
// row is the id of the token, or its position + row_offset. Pending terms and the probe are applied on the
// fly, because a batch looks up few rows. A thread computes eight columns for both signs, so that noise is
// drawn once for all sixteen values.
#include "lib/batch.wgsl"
#include "lib/ragged8.wgsl"
#include "lib/perturbed.wgsl"

struct Params {
  width: u32, // of the table
  first_row: u32, // of the shard
  end_row: u32,
  tensor: u32, // index in the table of parameters
  by_position: u32, // 1: position + row_offset, 0: id
  row_offset: u32,
}

override WORKGROUP_SIZE: u32 = 64;
override ACCUMULATES: bool = false; // x += value

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<uniform> state: PassState;
@group(0) @binding(2) var<uniform> batch: Batch;
@group(0) @binding(3) var<storage, read> terms: array<Term>;
@group(0) @binding(4) var<storage, read> coefficients: array<f32>; // by slot
@group(0) @binding(5) var<storage, read> thresholds: array<f32>; // by tensor
@group(0) @binding(6) var<storage, read> theta: array<u32>; // as STORAGE says, [end_row - first_row, width]
@group(0) @binding(7) var<storage, read> tokens: array<Token>; // [T]
@group(0) @binding(8) var<storage, read_write> x: array<f32>; // [signs * T, width]

fn store_out(at: i32, value: f32) {
  if (ACCUMULATES) { x[at] += value; } else { x[at] = value; }
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) global: vec3u) {
  let width = params.width;
  // Groups of eight that a row may touch. It may begin within one if the width is no multiple of 8.
  let groups = select((width + 14u) / 8u, width / 8u, width % 8u == 0u);
  let t = global.x / groups;
  if (t >= batch.tokens) { return; }
  let row = select(tokens[t].id, tokens[t].position + params.row_offset, params.by_position == 1u);
  if (row < params.first_row || row >= params.end_row) { return; }
  let start = row * width;
  let group = start / 8u + global.x % groups;
  if (group * 8u >= start + width) { return; }
  let low = max(group * 8u, start) - group * 8u; // lanes of the group inside the row
  let high = min(group * 8u + 8u, start + width) - group * 8u;
  let column = i32(group * 8u) - i32(start);
  let table = Chunk(params.tensor, 0u, 0u, 0u, 0u, NO_BLOCK, 1u, 0u);
  let stored = load_theta8(i32((row - params.first_row) * width) + column, low, high);
  let w = apply_terms(stored, table, group, 0u, state.update_count, true);
  var signs = PlusMinus(w, w);
  if (is_probed(state, NO_BLOCK)) { signs = probe8(w, table, group); }
  store_out8(signs.plus, i32(t * width) + column, low, high);
  if (batch.signs == 2u) { store_out8(signs.minus, i32((t + batch.tokens) * width) + column, low, high); }
}
