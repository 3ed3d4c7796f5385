#include "lib/noise.wgsl"
#include "lib/theta.wgsl"

// Eight weights from four words of halves.
fn eight_halves(words: vec4u) -> Eight {
  let upper = words >> vec4u(16u);
  return Eight(
    widened(vec4u(words.x, upper.x, words.y, upper.y)),
    widened(vec4u(words.z, upper.z, words.w, upper.w)),
  );
}
