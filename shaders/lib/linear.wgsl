// What all matrix products share: y[m, n] = sum over k of x[m, k] * w[n, k], then bias, ReLU, or
// addition to what y held (the residual stream). m counts rows of one sign.
#include "lib/batch.wgsl"

struct LinearParams {
  inner: u32, // K
  outer: u32, // N
  w_offset: u32, // of the tensor in w
  bias_offset: u32, // in vectors
  has_bias: u32,
  relu: u32,
  accumulates: u32, // 1: y += result
  sign: u32, // 0: first half of the rows, 1: second half, 2: rows of both signs (same weights)
  over_scored: u32, // 1: rows are the scored positions
  y_stride: u32, // columns of y
  y_column: u32, // first column of y that this shard of w fills
}

fn row_count(params: LinearParams, batch: Batch) -> u32 {
  let rows = select(batch.tokens, batch.scored, params.over_scored == 1u);
  return select(rows, rows * batch.signs, params.sign == 2u);
}

fn first_row(params: LinearParams, batch: Batch) -> u32 {
  let rows = select(batch.tokens, batch.scored, params.over_scored == 1u);
  return select(0u, rows, params.sign == 1u);
}

// The epilogue of one sum. The including file binds params, vectors and y.
fn store(m: u32, rows: u32, first: u32, n: u32, sum: f32) {
  if (m >= rows || n >= params.outer) { return; }
  var value = sum;
  if (params.has_bias == 1u) { value += vectors[params.bias_offset + n]; }
  if (params.relu == 1u) { value = max(value, 0.0); }
  let at = (first + m) * params.y_stride + params.y_column + n;
  if (params.accumulates == 1u) { value += y[at]; }
  y[at] = value;
}

// As `store`, for four neighbouring columns.
fn store4(m: u32, rows: u32, first: u32, n: u32, sums: vec4f) {
  store(m, rows, first, n, sums.x);
  store(m, rows, first, n + 1u, sums.y);
  store(m, rows, first, n + 2u, sums.z);
  store(m, rows, first, n + 3u, sums.w);
}
