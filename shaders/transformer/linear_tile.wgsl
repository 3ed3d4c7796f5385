// Matrix product by register tiles of 4 x 4 a thread, 8 x 8 threads, no workgroup memory: caches do the
// sharing. The shape that jax-js found best on Apple's GPUs. Needs no optional feature; loads are of
// four neighbours along K, which must be a multiple of 4.
#include "lib/linear.wgsl"

@group(0) @binding(2) var<storage, read> x: array<vec4f>; // [rows, K / 4]
@group(0) @binding(3) var<storage, read> w: array<vec4f>; // [N, K / 4]

// The sums of one row with four columns, k ascending.
fn row_sums(sums: vec4f, a: vec4f, b: mat4x4f) -> vec4f {
  var s = sums;
  s += a.x * vec4f(b[0].x, b[1].x, b[2].x, b[3].x);
  s += a.y * vec4f(b[0].y, b[1].y, b[2].y, b[3].y);
  s += a.z * vec4f(b[0].z, b[1].z, b[2].z, b[3].z);
  s += a.w * vec4f(b[0].w, b[1].w, b[2].w, b[3].w);
  return s;
}

@compute @workgroup_size(8, 8)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(local_invocation_id) local: vec3u,
) {
  let layer = layer_of(workgroup.z);
  let m = (workgroup.y * 8u + local.y) * 4u;
  let n = (workgroup.x * 8u + local.x) * 4u;
  if (m >= layer.rows || n >= params.outer) { return; }
  let steps = params.inner / 4u;
  // Rows and columns beyond the edge repeat the last one; their sums are not stored.
  let last_row = layer.rows - 1u;
  let last_column = params.outer - 1u;
  let w_first = layer.first_weight / 4u;
  let x0 = (layer.first_row + min(m + 0u, last_row)) * steps;
  let x1 = (layer.first_row + min(m + 1u, last_row)) * steps;
  let x2 = (layer.first_row + min(m + 2u, last_row)) * steps;
  let x3 = (layer.first_row + min(m + 3u, last_row)) * steps;
  let w0 = w_first + min(n + 0u, last_column) * steps;
  let w1 = w_first + min(n + 1u, last_column) * steps;
  let w2 = w_first + min(n + 2u, last_column) * steps;
  let w3 = w_first + min(n + 3u, last_column) * steps;
  var s0 = vec4f(0.0);
  var s1 = vec4f(0.0);
  var s2 = vec4f(0.0);
  var s3 = vec4f(0.0);
  for (var k = 0u; k < steps; k++) {
    let b = mat4x4f(w[w0 + k], w[w1 + k], w[w2 + k], w[w3 + k]);
    s0 = row_sums(s0, x[x0 + k], b);
    s1 = row_sums(s1, x[x1 + k], b);
    s2 = row_sums(s2, x[x2 + k], b);
    s3 = row_sums(s3, x[x3 + k], b);
  }
  let columns = columns_of(layer, n, 1u);
  store4(layer, m + 0u, columns, s0);
  store4(layer, m + 1u, columns, s1);
  store4(layer, m + 2u, columns, s2);
  store4(layer, m + 3u, columns, s3);
}
