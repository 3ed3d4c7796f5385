// The inner part of a matrix product by 64 x 64 tiles in workgroup memory, 4 x 4 sums a thread, 256
// threads, 16 deep, 8.5 KiB. x and w come four neighbours at a time, so K must be a multiple of 4; the
// including file binds x and gives `four`, which reads four weights from a multiple of four.

const TILE = 64u;
const DEPTH = 16u;
const STRIDE = 17u; // vec4s of a tile's row; 16 + 1 keeps columns in different banks

var<workgroup> sh_x: array<vec4f, 272>; // [DEPTH, STRIDE], k major
var<workgroup> sh_w: array<vec4f, 272>;

#include "lib/shared_load.wgsl"

fn multiply_tile(workgroup: vec3u, lane: u32) {
  let layer = layer_of(params, batch, workgroup.z);
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
    load_tiles(layer, lane, k0, m0, n0);
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
  let n = n0 + 4u * tn;
  let columns = columns_of(layer, n, 1u);
  store4(layer, m, columns, s0);
  store4(layer, m + 1u, columns, s1);
  store4(layer, m + 2u, columns, s2);
  store4(layer, m + 3u, columns, s3);
}
