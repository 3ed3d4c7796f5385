// y = x wᵀ by tiles of 64 x 64 in workgroup memory: 256 threads, 4 x 4 sums each, 16 deep, 8.5 KiB. Loads
// four neighbours along K, which must be a multiple of 4. The including file binds w and gives load_w4.
#include "lib/linear.wgsl"

@group(0) @binding(2) var<storage, read> x: array<vec4f>; // [rows, K / 4]

const TILE = 64u;
const DEPTH = 16u;
const STRIDE = 17u; // vec4s of a tile's row; 16 + 1 keeps columns in different banks

var<workgroup> sh_x: array<vec4f, 272>; // [DEPTH, STRIDE], k major
var<workgroup> sh_w: array<vec4f, 272>;

#include "lib/shared_load4.wgsl"

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let slice = slice_of(workgroup.z);
  let m0 = workgroup.y * TILE;
  let n0 = workgroup.x * TILE;
  let tm = lane / 16u;
  let tn = lane % 16u;
  var s0 = vec4f(0.0);
  var s1 = vec4f(0.0);
  var s2 = vec4f(0.0);
  var s3 = vec4f(0.0);
  for (var k0 = 0u; k0 < params.inner; k0 += DEPTH) {
    workgroupBarrier();
    load_tiles(slice, lane, k0, m0, n0);
    workgroupBarrier();
    for (var k = 0u; k < DEPTH; k++) {
      let a = sh_x[k * STRIDE + tm];
      let b = sh_w[k * STRIDE + tn];
      s0 += a.x * b;
      s1 += a.y * b;
      s2 += a.z * b;
      s3 += a.w * b;
    }
  }
  let m = m0 + 4u * tm;
  let columns = columns_of(slice, n0 + 4u * tn, 1u);
  store4(slice, m, columns, s0);
  store4(slice, m + 1u, columns, s1);
  store4(slice, m + 2u, columns, s2);
  store4(slice, m + 3u, columns, s3);
}
