// y = x wᵀ by register tiles of 4 x 4 a thread, 8 x 8 threads, without workgroup memory: sharing is left to
// the caches. The shape that jax-js found fastest on Apple GPUs. Loads four neighbours along K, which must
// be a multiple of 4.
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
  let slice = slice_of(workgroup.z);
  let m = (workgroup.y * 8u + local.y) * 4u;
  let n = (workgroup.x * 8u + local.x) * 4u;
  if (m >= slice.rows || n >= params.outer) { return; }
  let steps = params.inner / 4u;
  // Rows and columns beyond the edge repeat the last one; their sums are not stored.
  let last_row = slice.rows - 1u;
  let last_column = params.outer - 1u;
  let w_first = slice.first_weight / 4u;
  let x0 = (slice.first_row + min(m + 0u, last_row)) * steps;
  let x1 = (slice.first_row + min(m + 1u, last_row)) * steps;
  let x2 = (slice.first_row + min(m + 2u, last_row)) * steps;
  let x3 = (slice.first_row + min(m + 3u, last_row)) * steps;
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
  let columns = columns_of(slice, n, 1u);
  store4(slice, m + 0u, columns, s0);
  store4(slice, m + 1u, columns, s1);
  store4(slice, m + 2u, columns, s2);
  store4(slice, m + 3u, columns, s3);
}
