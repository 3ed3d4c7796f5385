// Eight consecutive elements of a tensor, read and kept at once, those in lanes [low, high). The including
// file binds theta: array<u32>, and says with `put` where a value goes.
#include "lib/eight_halves.wgsl"

// Lanes outside [low, high) belong to the neighbours; they repeat the first lane of ours.
fn load8(at: i32, low: u32, high: u32) -> Eight {
  let l = i32(low);
  let h = i32(high) - 1;
  if (STORAGE == HALVES) { return load_halves(at / 2, l / 2, h / 2); }
  return Eight(
    bitcast<vec4f>(vec4u(theta[at + clamp(0, l, h)], theta[at + clamp(1, l, h)],
                         theta[at + clamp(2, l, h)], theta[at + clamp(3, l, h)])),
    bitcast<vec4f>(vec4u(theta[at + clamp(4, l, h)], theta[at + clamp(5, l, h)],
                         theta[at + clamp(6, l, h)], theta[at + clamp(7, l, h)])),
  );
}

// Words [l, h] of the group's four are ours: matrices of halves have rows of even length, so that no
// word has two owners.
fn load_halves(at: i32, l: i32, h: i32) -> Eight {
  let words = vec4u(theta[at + clamp(0, l, h)], theta[at + clamp(1, l, h)],
                    theta[at + clamp(2, l, h)], theta[at + clamp(3, l, h)]);
  return eight_halves(words);
}

fn inside(lane: u32, low: u32, high: u32) -> bool { return lane >= low && lane < high; }

fn put8(w: Eight, to: i32, low: u32, high: u32) {
  if (inside(0u, low, high)) { put(to, w.a.x); }
  if (inside(1u, low, high)) { put(to + 1, w.a.y); }
  if (inside(2u, low, high)) { put(to + 2, w.a.z); }
  if (inside(3u, low, high)) { put(to + 3, w.a.w); }
  if (inside(4u, low, high)) { put(to + 4, w.b.x); }
  if (inside(5u, low, high)) { put(to + 5, w.b.y); }
  if (inside(6u, low, high)) { put(to + 6, w.b.z); }
  if (inside(7u, low, high)) { put(to + 7, w.b.w); }
}
