#include "lib/theta.wgsl"

// One weight; `at` counts weights. The including file binds theta: array<u32>.
fn theta1(at: u32) -> f32 {
  if (STORAGE == HALVES) { return widened(vec4u(theta[at >> 1u] >> (16u * (at & 1u)))).x; }
  return bitcast<f32>(theta[at]);
}
