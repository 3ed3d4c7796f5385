// Stochastic rounding of weights to halves, by integers: the same bits on every device.
#include "lib/noise.wgsl"
#include "lib/theta.wgsl"

// In the place of a probe's number: draws for rounding never meet those of a direction.
const ROUNDING = 0xffffffffu;

const SMALLEST_NORMAL = 0x38800000u; // 2^-14, as the bits of an f32
const INFINITE = 0x7f800000u;
const LARGEST_HALF = 0x7bffu; // 65504

// One of the two halves next to each weight: the larger one where `draw` / 2^32 is less than how far the
// weight lies from the smaller to the larger. Beyond the largest half there is only that.
fn half_near(weights: vec4f, draw: vec4u) -> vec4u {
  let bits = bitcast<vec4u>(weights);
  let size = bits & vec4u(0x7fffffffu);
  let is_small = size < vec4u(SMALLEST_NORMAL);
  let whole = (bits & vec4u(0x7fffffu)) | vec4u(0x800000u);
  let significand = select(size - vec4u(112u << 23u), whole, is_small);
  // Bits to drop: those below a half's fraction, or below 2^-24 where the half is subnormal.
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

// The weights of a group of eight at the end of a step, rounded to halves. Each has 32 bits to itself
// at the upper end: its own 16 of the call's 128, then those of the other weight of its word.
fn rounded8(weights: Eight, key: vec2u, step: u32, tensor: u32, group: u32) -> Eight {
  let w = philox4x32(vec4u(group, tensor, step, ROUNDING), key);
  let t = (w << vec4u(16u)) | (w >> vec4u(16u));
  return Eight(
    widened(half_near(weights.a, vec4u(t.x, w.x, t.y, w.y))),
    widened(half_near(weights.b, vec4u(t.z, w.z, t.w, w.w))),
  );
}
