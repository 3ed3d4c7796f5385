// y = x wᵀ by tiles of 64 x 64 in workgroup memory: 256 threads, 4 x 4 sums each, 16 deep, 8.5 KiB. The
// including file declares sh_x and sh_w, fills them with load_tiles(layer, lane, k0, m0, n0), and gives
// tile_x and tile_w: four rows of x, or columns of y, at depth k.

const TILE = 64u;
const DEPTH = 16u;

@compute @workgroup_size(256)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let layer = layer_of(workgroup.z);
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
      let a = tile_x(k, tm);
      let b = tile_w(k, tn);
      s0 += a.x * b;
      s1 += a.y * b;
      s2 += a.z * b;
      s3 += a.w * b;
    }
  }
  let m = m0 + 4u * tm;
  let columns = columns_of(layer, n0 + 4u * tn, 1u);
  store4(layer, m, columns, s0);
  store4(layer, m + 1u, columns, s1);
  store4(layer, m + 2u, columns, s2);
  store4(layer, m + 3u, columns, s3);
}
