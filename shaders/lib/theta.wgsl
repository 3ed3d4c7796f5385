// Stored weights: f32 or halves (IEEE 754 binary16). Halves are widened by integer arithmetic, because
// WGSL lets its own conversions flush subnormal halves to zero.
#include "lib/vec8.wgsl"

override STORAGE: u32 = 0; // FLOATS, HALVES or WIDE_HALVES

const FLOATS = 0u;
const HALVES = 1u; // two per word, the first in the lower bits
const WIDE_HALVES = 2u; // f32 with values that halves can hold

// The f32s that equal the halves in the lower 16 bits.
fn widen(halves: vec4u) -> vec4f {
  let size = halves & vec4u(0x7fffu);
  let normal = (size << vec4u(13u)) + vec4u(112u << 23u);
  let subnormal = bitcast<vec4u>(vec4f(size) * 5.9604644775390625e-8); // 2^-24: exact
  let not_finite = (size << vec4u(13u)) + vec4u(224u << 23u);
  let finite = select(normal, subnormal, size < vec4u(0x400u));
  let bits = select(finite, not_finite, size >= vec4u(0x7c00u));
  return bitcast<vec4f>(bits | ((halves & vec4u(0x8000u)) << vec4u(16u)));
}

// Eight weights from four words of halves.
fn widen8(words: vec4u) -> Vec8 {
  let upper = words >> vec4u(16u);
  return Vec8(
    widen(vec4u(words.x, upper.x, words.y, upper.y)),
    widen(vec4u(words.z, upper.z, words.w, upper.w)),
  );
}
