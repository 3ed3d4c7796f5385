// As linear_shared_vec4 over weights in half precision, as the shader-f16 feature reads them. Sums are
// in f32: the loss difference of two signs would drown in the rounding of halves.
enable f16;

@group(0) @binding(3) var<storage, read> w: array<vec4<f16>>; // [N, K / 4]

fn load_w4(at: u32) -> vec4f { return vec4f(w[at / 4u]); }

#include "lib/shared_vec4.wgsl"
