// lib/shared_tile.wgsl with loads of four neighbours along K, which must be a multiple of 4. The including
// file binds w and gives load_w4.
#include "lib/linear.wgsl"

@group(0) @binding(2) var<storage, read> x: array<vec4f>; // [rows, K / 4]

const STRIDE = 17u; // vec4s of a tile's row; 16 + 1 keeps columns in different banks

var<workgroup> sh_x: array<vec4f, 272>; // [DEPTH, STRIDE], k major
var<workgroup> sh_w: array<vec4f, 272>;

fn tile_x(k: u32, m: u32) -> vec4f { return sh_x[k * STRIDE + m]; }
fn tile_w(k: u32, n: u32) -> vec4f { return sh_w[k * STRIDE + n]; }

#include "lib/shared_load4.wgsl"
#include "lib/shared_tile.wgsl"
