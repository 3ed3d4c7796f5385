// Weights of a matrix product in half precision, two to a word: needs no shader-f16, and half the loads.

@group(0) @binding(3) var<storage, read> w: array<u32>; // [N, K / 2], two halves a word, the first one low

fn load_w1(at: u32) -> f32 { return unpack2x16float(w[at / 2u])[at % 2u]; }
fn load_w2(at: u32) -> vec2f { return unpack2x16float(w[at / 2u]); }
