// Weights of a matrix product as f32.

@group(0) @binding(3) var<storage, read> w: array<f32>; // [N, K], as in safetensors

fn load_w1(at: u32) -> f32 { return w[at]; }
fn load_w2(at: u32) -> vec2f { return vec2f(w[at], w[at + 1u]); }
