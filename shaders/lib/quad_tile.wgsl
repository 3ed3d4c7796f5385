// y = x wᵀ by register tiles of ROWS x 4 a lane. x is loaded once per quad of lanes and spread with
// quadBroadcast; k ascends in one accumulator. The including file declares ROWS and includes how weights
// are loaded. Rows are written out with #repeat: neither software driver keeps an array in registers.
#include "lib/linear.wgsl"

@group(0) @binding(2) var<storage, read> x: array<f32>; // [rows, K]

const LANES = 16u; // along N
const TILE_N = 4u; // columns a lane, LANES apart

@compute @workgroup_size(16)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(local_invocation_index) lane: u32,
  @builtin(subgroup_invocation_id) subgroup_lane: u32,
) {
  let quad_lane = subgroup_lane & 3u;
  let slice = slice_of(workgroup.z);
  let m0 = workgroup.y * ROWS;
  if (m0 >= slice.rows) { return; }
  let n0 = workgroup.x * LANES * TILE_N + lane;
  let k_count = params.inner;
  // Rows and columns beyond the edge repeat the last one; their sums are not stored.
  let last_row = slice.rows - 1u;
  let last_column = params.outer - 1u;
  let w0 = slice.first_weight + min(n0 + 0u * LANES, last_column) * k_count;
  let w1 = slice.first_weight + min(n0 + 1u * LANES, last_column) * k_count;
  let w2 = slice.first_weight + min(n0 + 2u * LANES, last_column) * k_count;
  let w3 = slice.first_weight + min(n0 + 3u * LANES, last_column) * k_count;
  #repeat m ROWS
  let x$m = (slice.first_row + min(m0 + $mu, last_row)) * k_count;
  var s$m = vec4f(0.0);
  #end
  let whole = k_count - k_count % 4u;
  for (var k = 0u; k < whole; k += 4u) {
    #repeat m ROWS
    let a$m = x[x$m + k + quad_lane];
    #end
    {
      let p0 = load_w2(w0 + k + 0u);
      let p1 = load_w2(w1 + k + 0u);
      let p2 = load_w2(w2 + k + 0u);
      let p3 = load_w2(w3 + k + 0u);
      let b0 = vec4f(p0.x, p1.x, p2.x, p3.x);
      #repeat m ROWS
      s$m += quadBroadcast(a$m, 0u) * b0;
      #end
      let b1 = vec4f(p0.y, p1.y, p2.y, p3.y);
      #repeat m ROWS
      s$m += quadBroadcast(a$m, 1u) * b1;
      #end
    }
    {
      let p0 = load_w2(w0 + k + 2u);
      let p1 = load_w2(w1 + k + 2u);
      let p2 = load_w2(w2 + k + 2u);
      let p3 = load_w2(w3 + k + 2u);
      let b0 = vec4f(p0.x, p1.x, p2.x, p3.x);
      #repeat m ROWS
      s$m += quadBroadcast(a$m, 2u) * b0;
      #end
      let b1 = vec4f(p0.y, p1.y, p2.y, p3.y);
      #repeat m ROWS
      s$m += quadBroadcast(a$m, 3u) * b1;
      #end
    }
  }
  for (var k = whole; k < k_count; k++) {
    let b = vec4f(load_w1(w0 + k), load_w1(w1 + k), load_w1(w2 + k), load_w1(w3 + k));
    #repeat m ROWS
    s$m += x[x$m + k] * b;
    #end
  }
  let columns = columns_of(slice, n0, LANES);
  #repeat m ROWS
  store4(slice, m0 + $mu, columns, s$m);
  #end
}
