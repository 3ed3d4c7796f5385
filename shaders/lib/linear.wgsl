// What all matrix products share: y[m, n] = sum over k of x[m, k] * w[n, k], then bias, ReLU, or
// addition to what y held (the residual stream). Where a matrix is perturbed, both signs go in one
// dispatch, each a layer of workgroups along z.
#include "lib/batch.wgsl"

struct LinearParams {
  inner: u32, // K
  outer: u32, // N
  w_offset: u32, // of the tensor in w
  w_stride: u32, // elements of w of each sign
  bias_offset: u32, // in the vectors of a sign
  vectors_stride: u32, // elements of the vectors of each sign
  has_bias: u32,
  relu: u32,
  accumulates: u32, // 1: y += result
  per_sign: u32, // 1: layer z has the rows and the weights of sign z; 0: one layer, rows of both signs
  over_scored: u32, // 1: rows are the scored positions
  y_stride: u32, // columns of y
  y_column: u32, // first column of y that this shard of w fills
}

// What a layer of workgroups makes, and of what.
struct Layer {
  rows: u32,
  first_row: u32, // in x and y
  first_weight: u32, // in w
  first_bias: u32, // in vectors
}

// z: 0 for W+, 1 for W-; 0 where the signs share their weights
fn layer_of(params: LinearParams, batch: Batch, z: u32) -> Layer {
  let rows = select(batch.tokens, batch.scored, params.over_scored == 1u);
  return Layer(
    select(rows * batch.signs, rows, params.per_sign == 1u),
    z * rows,
    params.w_offset + z * params.w_stride,
    params.bias_offset + z * params.vectors_stride,
  );
}

// The epilogue of one sum; m counts rows of the layer. The including file binds params, vectors and y.
fn store(layer: Layer, m: u32, n: u32, sum: f32) {
  if (m >= layer.rows || n >= params.outer) { return; }
  var value = sum;
  if (params.has_bias == 1u) { value += vectors[layer.first_bias + n]; }
  if (params.relu == 1u) { value = max(value, 0.0); }
  let at = (layer.first_row + m) * params.y_stride + params.y_column + n;
  if (params.accumulates == 1u) { value += y[at]; }
  y[at] = value;
}

// As `store`, for four columns that lie so far apart.
fn store4_apart(layer: Layer, m: u32, n: u32, apart: u32, sums: vec4f) {
  store(layer, m, n, sums.x);
  store(layer, m, n + apart, sums.y);
  store(layer, m, n + 2u * apart, sums.z);
  store(layer, m, n + 3u * apart, sums.w);
}

fn store4(layer: Layer, m: u32, n: u32, sums: vec4f) { store4_apart(layer, m, n, 1u, sums); }
