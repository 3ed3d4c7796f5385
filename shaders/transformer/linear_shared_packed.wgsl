// As linear_shared_vec4, over weights in half precision, two to a word: needs no shader-f16.

@group(0) @binding(3) var<storage, read> w: array<vec2u>; // [N, K / 4]: two halves a word, the first one low

fn load_w4(at: u32) -> vec4f {
  let words = w[at / 4u];
  return vec4f(unpack2x16float(words.x), unpack2x16float(words.y));
}

#include "lib/shared_tile.wgsl"
