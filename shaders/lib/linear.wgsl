// What all matrix products share: y[m, n] = sum over k of x[m, k] * w[n, k], then bias, ReLU, or addition
// to y (the residual stream). Both signs of a perturbed matrix go in one dispatch, with workgroups of z = 0
// and z = 1. k ascends in one accumulator in every kernel but linear_few, so all those give the same bits
// if the driver does not fuse. Measured: docs/kernels.md#matrix-products
#include "lib/batch.wgsl"

struct LinearParams {
  inner: u32, // K
  outer: u32, // N
  w_offset: u32, // of the tensor in w
  w_stride: u32, // elements of w per sign
  bias_offset: u32, // in the vectors of a sign
  vectors_stride: u32, // elements of the vectors per sign
  has_bias: u32,
  relu: u32,
  accumulates: u32, // 1: y += result
  per_sign: u32, // 1: z has the rows and weights of sign z; 0: z = 0 has the rows of both signs
  over_scored: u32, // 1: rows are the scored positions
  y_stride: u32, // columns of y
  y_column: u32, // first column of y that this shard of w fills
}

@group(0) @binding(0) var<uniform> params: LinearParams;
@group(0) @binding(1) var<uniform> batch: Batch;
@group(0) @binding(4) var<storage, read> vectors: array<f32>; // every 1-D parameter
@group(0) @binding(5) var<storage, read_write> y: array<f32>; // [rows, y_stride]

// The product of one z.
struct Slice {
  rows: u32,
  first_row: u32, // in x and y
  first_weight: u32, // in w
  first_bias: u32, // in vectors
}

// z: 0 for W+, 1 for W-; 0 if the signs share their weights
fn slice_of(z: u32) -> Slice {
  let rows = select(batch.tokens, batch.scored, params.over_scored == 1u);
  return Slice(
    select(rows * batch.signs, rows, params.per_sign == 1u),
    z * rows,
    params.w_offset + z * params.w_stride,
    params.bias_offset + z * params.vectors_stride,
  );
}

// Four columns of y, `spacing` apart, and their biases, loaded once for all rows of a tile.
struct Columns {
  first: u32,
  spacing: u32,
  biases: vec4f,
}

fn columns_of(slice: Slice, first: u32, spacing: u32) -> Columns {
  var biases = vec4f(0.0);
  if (params.has_bias == 1u) {
    let n = min(vec4u(first) + spacing * vec4u(0u, 1u, 2u, 3u), vec4u(params.outer - 1u));
    let at = slice.first_bias + n;
    biases = vec4f(vectors[at.x], vectors[at.y], vectors[at.z], vectors[at.w]);
  }
  return Columns(first, spacing, biases);
}

// Stores four sums of row m of the slice, after bias, ReLU and addition to y.
fn store4(slice: Slice, m: u32, columns: Columns, sums: vec4f) {
  if (m >= slice.rows) { return; }
  var values = select(sums, sums + columns.biases, params.has_bias == 1u);
  values = select(values, max(values, vec4f(0.0)), params.relu == 1u);
  let row = (slice.first_row + m) * params.y_stride + params.y_column;
  store(row, columns.first, values.x);
  store(row, columns.first + columns.spacing, values.y);
  store(row, columns.first + 2u * columns.spacing, values.z);
  store(row, columns.first + 3u * columns.spacing, values.w);
}

fn store(row: u32, n: u32, value: f32) {
  if (n >= params.outer) { return; }
  var kept = value;
  if (params.accumulates == 1u) { kept += y[row + n]; }
  y[row + n] = kept;
}
