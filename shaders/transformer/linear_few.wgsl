// y = x wᵀ for few rows, as in generation token by token: 64 threads divide K among them, with adjacent
// loads, and add up their 4 x 4 sums in workgroup memory, so k does not ascend. K must be a multiple of 4.
// The reduction is not that of lib/reduce.wgsl: it adds 16 sums per thread between two barriers.
#include "lib/linear.wgsl"

@group(0) @binding(2) var<storage, read> x: array<vec4f>; // [rows, K / 4]
@group(0) @binding(3) var<storage, read> w: array<vec4f>; // [N, K / 4]

const THREADS = 64u;

var<workgroup> sh_sums: array<vec4f, 256>; // [THREADS, 4 rows], 4 columns each

@compute @workgroup_size(64)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let slice = slice_of(workgroup.z);
  let m = workgroup.y * 4u;
  let n = workgroup.x * 4u;
  if (m >= slice.rows) { return; }
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
  for (var k = lane; k < steps; k += THREADS) {
    let b0 = w[w0 + k];
    let b1 = w[w1 + k];
    let b2 = w[w2 + k];
    let b3 = w[w3 + k];
    let a0 = x[x0 + k];
    let a1 = x[x1 + k];
    let a2 = x[x2 + k];
    let a3 = x[x3 + k];
    s0 += vec4f(dot(a0, b0), dot(a0, b1), dot(a0, b2), dot(a0, b3));
    s1 += vec4f(dot(a1, b0), dot(a1, b1), dot(a1, b2), dot(a1, b3));
    s2 += vec4f(dot(a2, b0), dot(a2, b1), dot(a2, b2), dot(a2, b3));
    s3 += vec4f(dot(a3, b0), dot(a3, b1), dot(a3, b2), dot(a3, b3));
  }
  sh_sums[lane * 4u] = s0;
  sh_sums[lane * 4u + 1u] = s1;
  sh_sums[lane * 4u + 2u] = s2;
  sh_sums[lane * 4u + 3u] = s3;
  for (var half = THREADS / 2u; half >= 1u; half /= 2u) {
    workgroupBarrier();
    for (var i = lane; i < half * 4u; i += THREADS) { sh_sums[i] += sh_sums[i + half * 4u]; }
  }
  workgroupBarrier();
  if (lane < 4u) { store4(slice, m + lane, columns_of(slice, n, 1u), sh_sums[lane]); }
}
