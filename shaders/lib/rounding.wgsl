// Stochastic rounding of weights to halves by integer arithmetic: the same bits on every device.
#include "lib/noise.wgsl"
#include "lib/theta.wgsl"

// Takes the place of a probe number, so that draws for rounding never meet those of a direction.
const ROUNDING = 0xffffffffu;

const SMALLEST_NORMAL = 0x38800000u; // 2^-14, as the bits of an f32
const INFINITE = 0x7f800000u;
const LARGEST_HALF = 0x7bffu; // 65504

// One of the two halves next to each weight: the larger one if `draw` / 2^32 is less than the distance of
// the weight from the smaller, as a fraction of the gap. Weights beyond the largest half become that.
fn round_to_half(weights: vec4f, draw: vec4u) -> vec4u {
  let bits = bitcast<vec4u>(weights);
  let size = bits & vec4u(0x7fffffffu);
  let is_small = size < vec4u(SMALLEST_NORMAL);
  let whole = (bits & vec4u(0x7fffffu)) | vec4u(0x800000u);
  let significand = select(size - vec4u(112u << 23u), whole, is_small);
  // Bits to drop: those below the fraction of a half, or below 2^-24 if the half is subnormal.
  let dropped = select(vec4u(13u), vec4u(126u) - (size >> vec4u(23u)), is_small);
  let below = significand >> min(dropped, vec4u(31u));
  let near = significand << (vec4u(32u) - min(dropped, vec4u(32u)));
  let far = significand >> min(max(dropped, vec4u(32u)) - vec4u(32u), vec4u(31u));
  let fraction = select(near, far, dropped > vec4u(32u));
  let rounded = min(below + select(vec4u(0u), vec4u(1u), draw < fraction), vec4u(LARGEST_HALF));
  let not_finite = select(vec4u(0x7c00u), vec4u(0x7e00u), size > vec4u(INFINITE));
  let half = select(rounded, not_finite, size >= vec4u(INFINITE));
  return half | ((bits >> vec4u(16u)) & vec4u(0x8000u));
}

// The halves that weights equal, for weights with values of halves.
fn exact_halves(weights: vec4f) -> vec4u {
  return round_to_half(weights, vec4u(0xffffffffu));
}

// A group of eight weights at the end of a step, rounded to halves. Each has 32 random bits: its own 16 of
// the 128 drawn, at the upper end, then those of the other weight of its word.
fn round8_to_halves(weights: Vec8, key: vec2u, step: u32, tensor: u32, group: u32) -> Vec8 {
  let w = philox4x32(vec4u(group, tensor, step, ROUNDING), key);
  let t = (w << vec4u(16u)) | (w >> vec4u(16u));
  return Vec8(
    widen(round_to_half(weights.a, vec4u(t.x, w.x, t.y, w.y))),
    widen(round_to_half(weights.b, vec4u(t.z, w.z, t.w, w.w))),
  );
}
