// theta <- theta + update; W+ and W- <- theta ± epsilon z: lib/pass.wgsl where no group of eight is cut and
// each begins at a multiple of eight in theta and in probe, as where all widths are multiples of eight.
// A thread then loads and stores vectors of four words. Measured: docs/kernels.md#weight_pass
#include "lib/pass.wgsl"

@group(0) @binding(6) var<storage, read_write> theta: array<vec4u>; // as STORAGE says
@group(0) @binding(7) var<storage, read_write> probe: array<vec4f>; // [2, stride / 4]: W+, W-

const WHOLE_GROUPS = true;

fn load_theta8(at: i32, low: u32, high: u32) -> Vec8 {
  if (STORAGE == HALVES) { return widen8(theta[at >> 3u]); }
  return Vec8(bitcast<vec4f>(theta[at >> 2u]), bitcast<vec4f>(theta[(at >> 2u) + 1]));
}

fn store_theta8(w: Vec8, at: i32, low: u32, high: u32) {
  if (STORAGE == HALVES) {
    let a = exact_halves(w.a);
    let b = exact_halves(w.b);
    theta[at >> 3u] = vec4u(a.xz, b.xz) | (vec4u(a.yw, b.yw) << vec4u(16u));
    return;
  }
  theta[at >> 2u] = bitcast<vec4u>(w.a);
  theta[(at >> 2u) + 1] = bitcast<vec4u>(w.b);
}

fn store_out8(w: Vec8, to: i32, low: u32, high: u32) {
  probe[to >> 2u] = w.a;
  probe[(to >> 2u) + 1] = w.b;
}
