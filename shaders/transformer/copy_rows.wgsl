// Copies rows of x to rows of y, `width` columns of each, by KIND:
//   COPY_SCORED    y[s] = x[token of scored position s], for each sign: only these go through the head
//   COPY_TO_CACHE  y[own_start + position of t] = x[t]: keys and values, kept for the tokens that follow
//   COPY_SIGN      y[T + t] = y[t]: up to the first perturbed weight both signs are equal and computed once
#include "lib/batch.wgsl"

struct Params {
  width: u32,
  x_stride: u32, // columns of x
  y_stride: u32,
}

const COPY_SCORED = 0u;
const COPY_TO_CACHE = 1u;
const COPY_SIGN = 2u;

override WORKGROUP_SIZE: u32 = 64;
override KIND: u32 = 0; // as the constants above; no param: SwiftShader executes every branch

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<uniform> batch: Batch;
@group(0) @binding(2) var<storage, read> tokens: array<Token>; // [T]
@group(0) @binding(3) var<storage, read> scored: array<Scored>; // [S]
@group(0) @binding(4) var<storage, read> x: array<f32>; // [rows, x_stride], unused by COPY_SIGN
@group(0) @binding(5) var<storage, read_write> y: array<f32>; // [rows, y_stride]

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) global: vec3u) {
  let column = global.x;
  let i = global.y;
  if (column >= params.width) { return; }
  if (KIND == COPY_SCORED) {
    if (i >= batch.signs * batch.scored) { return; }
    let row = (i / batch.scored) * batch.tokens + scored[i % batch.scored].token;
    y[i * params.y_stride + column] = x[row * params.x_stride + column];
    return;
  }
  if (i >= batch.tokens) { return; }
  if (KIND == COPY_TO_CACHE) {
    let row = tokens[i].own_start + tokens[i].position;
    y[row * params.y_stride + column] = x[i * params.x_stride + column];
  } else {
    y[(batch.tokens + i) * params.y_stride + column] = y[i * params.y_stride + column];
  }
}
