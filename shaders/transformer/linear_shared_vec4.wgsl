// As linear_shared, with loads of four neighbours at a time: a quarter of the load instructions, the same
// sums in the same order. K must be a multiple of 4.

@group(0) @binding(3) var<storage, read> w: array<vec4f>; // [N, K / 4]

fn load_w4(at: u32) -> vec4f { return w[at / 4u]; }

#include "lib/shared_tile.wgsl"
