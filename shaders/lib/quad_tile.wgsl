// The inner part of a matrix product by register tiles of 8 x 4 a lane: x is loaded once per quad of
// lanes and spread with quadBroadcast. The including file binds x and gives `pair` and `single`, which
// read two or one neighbouring weights. k ascends in one accumulator.

const LANES = 16u; // along N
const TILE_N = 4u; // columns a lane, LANES apart
const TILE_M = 8u;

fn multiply_tile(workgroup: vec3u, lane: u32, quad_lane: u32) {
  let layer = layer_of(params, batch, workgroup.z);
  let m0 = workgroup.y * TILE_M;
  if (m0 >= layer.rows) { return; }
  let n0 = workgroup.x * LANES * TILE_N + lane;
  let k_count = params.inner;
  // Rows and columns beyond the edge repeat the last one; their sums are not stored.
  let last_row = layer.rows - 1u;
  let last_column = params.outer - 1u;
  let x0 = (layer.first_row + min(m0 + 0u, last_row)) * k_count;
  let x1 = (layer.first_row + min(m0 + 1u, last_row)) * k_count;
  let x2 = (layer.first_row + min(m0 + 2u, last_row)) * k_count;
  let x3 = (layer.first_row + min(m0 + 3u, last_row)) * k_count;
  let x4 = (layer.first_row + min(m0 + 4u, last_row)) * k_count;
  let x5 = (layer.first_row + min(m0 + 5u, last_row)) * k_count;
  let x6 = (layer.first_row + min(m0 + 6u, last_row)) * k_count;
  let x7 = (layer.first_row + min(m0 + 7u, last_row)) * k_count;
  let w0 = layer.first_weight + min(n0 + 0u * LANES, last_column) * k_count;
  let w1 = layer.first_weight + min(n0 + 1u * LANES, last_column) * k_count;
  let w2 = layer.first_weight + min(n0 + 2u * LANES, last_column) * k_count;
  let w3 = layer.first_weight + min(n0 + 3u * LANES, last_column) * k_count;
  var s0 = vec4f(0.0);
  var s1 = vec4f(0.0);
  var s2 = vec4f(0.0);
  var s3 = vec4f(0.0);
  var s4 = vec4f(0.0);
  var s5 = vec4f(0.0);
  var s6 = vec4f(0.0);
  var s7 = vec4f(0.0);
  let whole = k_count - k_count % 4u;
  for (var k = 0u; k < whole; k += 4u) {
    let a0 = x[x0 + k + quad_lane];
    let a1 = x[x1 + k + quad_lane];
    let a2 = x[x2 + k + quad_lane];
    let a3 = x[x3 + k + quad_lane];
    let a4 = x[x4 + k + quad_lane];
    let a5 = x[x5 + k + quad_lane];
    let a6 = x[x6 + k + quad_lane];
    let a7 = x[x7 + k + quad_lane];
    {
      let p0 = pair(w0 + k + 0u);
      let p1 = pair(w1 + k + 0u);
      let p2 = pair(w2 + k + 0u);
      let p3 = pair(w3 + k + 0u);
      let b0 = vec4f(p0.x, p1.x, p2.x, p3.x);
      s0 += quadBroadcast(a0, 0u) * b0;
      s1 += quadBroadcast(a1, 0u) * b0;
      s2 += quadBroadcast(a2, 0u) * b0;
      s3 += quadBroadcast(a3, 0u) * b0;
      s4 += quadBroadcast(a4, 0u) * b0;
      s5 += quadBroadcast(a5, 0u) * b0;
      s6 += quadBroadcast(a6, 0u) * b0;
      s7 += quadBroadcast(a7, 0u) * b0;
      let b1 = vec4f(p0.y, p1.y, p2.y, p3.y);
      s0 += quadBroadcast(a0, 1u) * b1;
      s1 += quadBroadcast(a1, 1u) * b1;
      s2 += quadBroadcast(a2, 1u) * b1;
      s3 += quadBroadcast(a3, 1u) * b1;
      s4 += quadBroadcast(a4, 1u) * b1;
      s5 += quadBroadcast(a5, 1u) * b1;
      s6 += quadBroadcast(a6, 1u) * b1;
      s7 += quadBroadcast(a7, 1u) * b1;
    }
    {
      let p0 = pair(w0 + k + 2u);
      let p1 = pair(w1 + k + 2u);
      let p2 = pair(w2 + k + 2u);
      let p3 = pair(w3 + k + 2u);
      let b0 = vec4f(p0.x, p1.x, p2.x, p3.x);
      s0 += quadBroadcast(a0, 2u) * b0;
      s1 += quadBroadcast(a1, 2u) * b0;
      s2 += quadBroadcast(a2, 2u) * b0;
      s3 += quadBroadcast(a3, 2u) * b0;
      s4 += quadBroadcast(a4, 2u) * b0;
      s5 += quadBroadcast(a5, 2u) * b0;
      s6 += quadBroadcast(a6, 2u) * b0;
      s7 += quadBroadcast(a7, 2u) * b0;
      let b1 = vec4f(p0.y, p1.y, p2.y, p3.y);
      s0 += quadBroadcast(a0, 3u) * b1;
      s1 += quadBroadcast(a1, 3u) * b1;
      s2 += quadBroadcast(a2, 3u) * b1;
      s3 += quadBroadcast(a3, 3u) * b1;
      s4 += quadBroadcast(a4, 3u) * b1;
      s5 += quadBroadcast(a5, 3u) * b1;
      s6 += quadBroadcast(a6, 3u) * b1;
      s7 += quadBroadcast(a7, 3u) * b1;
    }
  }
  for (var k = whole; k < k_count; k++) {
    let b = vec4f(single(w0 + k), single(w1 + k), single(w2 + k), single(w3 + k));
    s0 += x[x0 + k] * b;
    s1 += x[x1 + k] * b;
    s2 += x[x2 + k] * b;
    s3 += x[x3 + k] * b;
    s4 += x[x4 + k] * b;
    s5 += x[x5 + k] * b;
    s6 += x[x6 + k] * b;
    s7 += x[x7 + k] * b;
  }
  let columns = columns_of(layer, n0, LANES);
  store4(layer, m0 + 0u, columns, s0);
  store4(layer, m0 + 1u, columns, s1);
  store4(layer, m0 + 2u, columns, s2);
  store4(layer, m0 + 3u, columns, s3);
  store4(layer, m0 + 4u, columns, s4);
  store4(layer, m0 + 5u, columns, s5);
  store4(layer, m0 + 6u, columns, s6);
  store4(layer, m0 + 7u, columns, s7);
}
