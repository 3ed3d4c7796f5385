// As linear_shared_vec4, over weights in half precision, loaded by the shader-f16 feature. Sums are in f32:
// the rounding of halves would hide the difference between the losses of the two signs.
enable f16;

@group(0) @binding(3) var<storage, read> w: array<vec4<f16>>; // [N, K / 4]

fn load_w4(at: u32) -> vec4f { return vec4f(w[at / 4u]); }

#include "lib/shared_tile.wgsl"
