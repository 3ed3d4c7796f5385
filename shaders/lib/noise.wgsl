// z of eight consecutive elements of a tensor (8 * group to 8 * group + 7), drawn from
// (seed, step, probe, tensor, element) and never stored.
#include "lib/philox.wgsl"
#include "lib/vec8.wgsl"

override NOISE_KIND: u32 = 0; // BINOMIAL, RADEMACHER or GAUSSIAN

const BINOMIAL = 0u;
const RADEMACHER = 1u;
const GAUSSIAN = 2u;

// The noise of a tensor; direction: (step, probe).
fn noise_state(key: vec2u, direction: vec2u, tensor: u32) -> PhiloxState {
  return philox_state(vec3u(tensor, direction), key);
}

fn noise8(prepared: PhiloxState, group: u32) -> Vec8 {
  if (NOISE_KIND == BINOMIAL) { return binomial8(philox_draw(prepared, group)); }
  if (NOISE_KIND == RADEMACHER) {
    return rademacher8(philox_draw(prepared, group >> 4u), group & 15u);
  }
  let first = philox_draw(prepared, 2u * group);
  let second = philox_draw(prepared, 2u * group + 1u);
  return Vec8(gaussian4(first), gaussian4(second));
}

// (popcount(h) - 8) / 2 of each 16-bit half, low half first: exact in f32.
fn binomial8(w: vec4u) -> Vec8 {
  let low = vec4f(countOneBits(w & vec4u(0xffffu)));
  let high = vec4f(countOneBits(w & vec4u(0xffff0000u)));
  return Vec8(
    (vec4f(low.x, high.x, low.y, high.y) - 8.0) * 0.5,
    (vec4f(low.z, high.z, low.w, high.w) - 8.0) * 0.5,
  );
}

// One bit per element: 1 -> +1, 0 -> -1. part: which 8 of the 128 bits.
fn rademacher8(w: vec4u, part: u32) -> Vec8 {
  let word = select(select(w.x, w.y, part >= 4u), select(w.z, w.w, part >= 12u), part >= 8u);
  let bits = word >> (8u * (part & 3u));
  let a = (vec4u(bits) >> vec4u(0u, 1u, 2u, 3u)) & vec4u(1u);
  let b = (vec4u(bits) >> vec4u(4u, 5u, 6u, 7u)) & vec4u(1u);
  return Vec8(vec4f(a) * 2.0 - 1.0, vec4f(b) * 2.0 - 1.0);
}

// Box-Muller. log and cos are not exact in WGSL, so these bits differ between devices (by about 1e-3).
fn gaussian4(w: vec4u) -> vec4f {
  let u = (vec4f(w >> vec4u(8u)) + 0.5) * 5.9604644775390625e-8; // 2^-24; never 0
  // max: the error allowed to log near 1 could make the root imaginary.
  let radius = sqrt(max(vec2f(0.0), -2.0 * log(u.xz)));
  let angle = 6.283185307179586 * u.yw;
  let c = radius * cos(angle);
  let s = radius * sin(angle);
  return vec4f(c.x, s.x, c.y, s.y);
}
