// Loads and stores groups of eight elements that may be cut: only lanes [low, high) are ours. The
// including file binds theta: array<u32> and gives store_out, which stores one value.
#include "lib/theta.wgsl"

// Lanes outside [low, high) belong to neighbours; they repeat our first or last lane.
fn load_theta8(at: i32, low: u32, high: u32) -> Vec8 {
  let l = i32(low);
  let h = i32(high) - 1;
  if (STORAGE == HALVES) { return load_halves8(at / 2, l / 2, h / 2); }
  return Vec8(
    bitcast<vec4f>(vec4u(theta[at + clamp(0, l, h)], theta[at + clamp(1, l, h)],
                         theta[at + clamp(2, l, h)], theta[at + clamp(3, l, h)])),
    bitcast<vec4f>(vec4u(theta[at + clamp(4, l, h)], theta[at + clamp(5, l, h)],
                         theta[at + clamp(6, l, h)], theta[at + clamp(7, l, h)])),
  );
}

// Words [l, h] of the four words of a group are ours: matrices of halves have rows of even length, so
// that no word belongs to two rows.
fn load_halves8(at: i32, l: i32, h: i32) -> Vec8 {
  let words = vec4u(theta[at + clamp(0, l, h)], theta[at + clamp(1, l, h)],
                    theta[at + clamp(2, l, h)], theta[at + clamp(3, l, h)]);
  return widen8(words);
}

fn is_ours(lane: u32, low: u32, high: u32) -> bool { return lane >= low && lane < high; }

fn store_out8(w: Vec8, to: i32, low: u32, high: u32) {
  if (is_ours(0u, low, high)) { store_out(to, w.a.x); }
  if (is_ours(1u, low, high)) { store_out(to + 1, w.a.y); }
  if (is_ours(2u, low, high)) { store_out(to + 2, w.a.z); }
  if (is_ours(3u, low, high)) { store_out(to + 3, w.a.w); }
  if (is_ours(4u, low, high)) { store_out(to + 4, w.b.x); }
  if (is_ours(5u, low, high)) { store_out(to + 5, w.b.y); }
  if (is_ours(6u, low, high)) { store_out(to + 6, w.b.z); }
  if (is_ours(7u, low, high)) { store_out(to + 7, w.b.w); }
}
