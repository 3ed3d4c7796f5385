// y = x wᵀ by tiles of 128 x 128 in workgroup memory: 256 threads, 8 x 8 sums each, 8 deep, 8.3 KiB. Half
// the loads from workgroup memory per multiply-add of linear_shared_vec4, for GPUs with registers to spare
// and products large enough to fill them. K must be a multiple of 4.
#include "lib/linear.wgsl"

@group(0) @binding(2) var<storage, read> x: array<vec4f>; // [rows, K / 4]
@group(0) @binding(3) var<storage, read> w: array<vec4f>; // [N, K / 4]

const TILE = 128u;
const DEPTH = 8u;
const STRIDE = 33u; // vec4s of a tile's row; 32 + 1 keeps columns in different banks

var<workgroup> sh_x: array<vec4f, 264>; // [DEPTH, STRIDE], k major
var<workgroup> sh_w: array<vec4f, 264>;

#include "lib/shared_load4.wgsl"

fn load_w4(at: u32) -> vec4f { return w[at / 4u]; }

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let slice = slice_of(workgroup.z);
  let m0 = workgroup.y * TILE;
  let n0 = workgroup.x * TILE;
  // A thread has two groups of four rows and columns, half a tile apart.
  let tm = lane / 16u;
  let tn = lane % 16u;
  var s0l = vec4f(0.0); var s0r = vec4f(0.0);
  var s1l = vec4f(0.0); var s1r = vec4f(0.0);
  var s2l = vec4f(0.0); var s2r = vec4f(0.0);
  var s3l = vec4f(0.0); var s3r = vec4f(0.0);
  var s4l = vec4f(0.0); var s4r = vec4f(0.0);
  var s5l = vec4f(0.0); var s5r = vec4f(0.0);
  var s6l = vec4f(0.0); var s6r = vec4f(0.0);
  var s7l = vec4f(0.0); var s7r = vec4f(0.0);
  for (var k0 = 0u; k0 < params.inner; k0 += DEPTH) {
    workgroupBarrier();
    load_tiles(slice, lane, k0, m0, n0);
    workgroupBarrier();
    for (var k = 0u; k < DEPTH; k++) {
      let a = sh_x[k * STRIDE + tm];
      let c = sh_x[k * STRIDE + 16u + tm];
      let l = sh_w[k * STRIDE + tn];
      let r = sh_w[k * STRIDE + 16u + tn];
      s0l += a.x * l; s0r += a.x * r;
      s1l += a.y * l; s1r += a.y * r;
      s2l += a.z * l; s2r += a.z * r;
      s3l += a.w * l; s3r += a.w * r;
      s4l += c.x * l; s4r += c.x * r;
      s5l += c.y * l; s5r += c.y * r;
      s6l += c.z * l; s6r += c.z * r;
      s7l += c.w * l; s7r += c.w * r;
    }
  }
  let m = m0 + 4u * tm;
  let n = n0 + 4u * tn;
  let left = columns_of(slice, n, 1u);
  let right = columns_of(slice, n + 64u, 1u);
  store4(slice, m + 0u, left, s0l); store4(slice, m + 0u, right, s0r);
  store4(slice, m + 1u, left, s1l); store4(slice, m + 1u, right, s1r);
  store4(slice, m + 2u, left, s2l); store4(slice, m + 2u, right, s2r);
  store4(slice, m + 3u, left, s3l); store4(slice, m + 3u, right, s3r);
  store4(slice, m + 64u, left, s4l); store4(slice, m + 64u, right, s4r);
  store4(slice, m + 65u, left, s5l); store4(slice, m + 65u, right, s5r);
  store4(slice, m + 66u, left, s6l); store4(slice, m + 66u, right, s6r);
  store4(slice, m + 67u, left, s7l); store4(slice, m + 67u, right, s7r);
}
