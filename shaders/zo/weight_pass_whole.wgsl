// As weight_pass where no group of eight is cut and each begins at a multiple of eight in theta and in
// probe, as where all widths are multiples of eight: a thread moves four words at once.
//
// Milliseconds over 768 x 768, binomial, one update pending (`npm run bench -- passes binomial`, by
// processor time; lavapipe | SwiftShader): weight_pass 3.4 | 38, with one term at most 2.3 | 21; this one
// 1.6 | 15, by 16 threads 1.5 | 13. On SwiftShader 4 or 8 threads were no faster.
//
// Tried: the pass inside the product (each lane draws 8 weights of 4 columns and multiplies them with
// all rows of both signs; no scratch). Its time divided by that of pass and product, on lavapipe over the
// same: 0.43 with 1 row per sign, 0.64 with 4, 0.71 with 8, 0.86 with 16, 1.09 with 32. Left out: a
// batch of 16 rows scores 32, its layers have hundreds, and the driver takes 55 s to compile it for
// tiles of 8 rows a sign (81 s for 16) where linear_quad takes 3; SwiftShader had no answer in 280 s.
#include "lib/eight_halves.wgsl"
#include "lib/pass.wgsl"

@group(0) @binding(6) var<storage, read_write> theta: array<vec4u>; // as STORAGE says
@group(0) @binding(7) var<storage, read_write> probe: array<vec4f>; // [2, stride / 4]: W+, W-

const WHOLE_GROUPS = true;

fn load8(at: i32, low: u32, high: u32) -> Eight {
  if (STORAGE == HALVES) { return eight_halves(theta[at >> 3u]); }
  return Eight(bitcast<vec4f>(theta[at >> 2u]), bitcast<vec4f>(theta[(at >> 2u) + 1]));
}

// Halves are values of halves already; the draw of all ones takes each as it is.
fn keep8(w: Eight, at: i32, low: u32, high: u32) {
  if (STORAGE == HALVES) {
    let a = half_near(w.a, vec4u(0xffffffffu));
    let b = half_near(w.b, vec4u(0xffffffffu));
    theta[at >> 3u] = vec4u(a.xz, b.xz) | (vec4u(a.yw, b.yw) << vec4u(16u));
    return;
  }
  theta[at >> 2u] = bitcast<vec4u>(w.a);
  theta[(at >> 2u) + 1] = bitcast<vec4u>(w.b);
}

fn put8(w: Eight, to: i32, low: u32, high: u32) {
  probe[to >> 2u] = w.a;
  probe[(to >> 2u) + 1] = w.b;
}
