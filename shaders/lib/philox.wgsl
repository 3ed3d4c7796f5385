// Philox4x32-10: four random words as a pure function of a 128-bit counter and a 64-bit key.
// Salmon et al., SC 2011. Tested on the three known answers of Random123.

// SwiftShader shifts a vector lane by lane, in some twenty instructions: docs/kernels.md#weight_pass. A
// float that is a multiple of 2^16 has it in its last bits once 1.5 * 2^39 is added. Both steps are exact,
// so the bits are the same; where a shift is one instruction, shifts are faster.
override SHIFTS_BY_FLOATS: bool = false;

// x >> 16. No branch: SwiftShader took twice as long to compile a pass with one here.
fn upper_half(x: u32) -> u32 {
  let by_floats = bitcast<u32>(f32(bitcast<i32>(x & 0xffff0000u)) + 0x1.8p+39f) & 0xffffu;
  return select(x >> 16u, by_floats, SHIFTS_BY_FLOATS);
}

// (upper, lower) half of b * 0xd2511f53. WGSL has no wide multiply. The halves of the multiplier add up to
// less than 2^16, so the two middle products and the carry from below fit a word.
fn first_product(b: u32) -> vec2u {
  let low = b & 0xffffu;
  let high = upper_half(b);
  let middle = 0xd251u * low + 0x1f53u * high + upper_half(0x1f53u * low);
  return vec2u(0xd251u * high + upper_half(middle), b * 0xd2511f53u);
}

// (upper, lower) half of b * 0xcd9e8d57, whose middle sum needs 33 bits: two steps keep every carry (a
// widely copied variant loses one).
fn second_product(b: u32) -> vec2u {
  let low = b & 0xffffu;
  let high = upper_half(b);
  let u = 0xcd9eu * low + upper_half(0x8d57u * low);
  let v = 0x8d57u * high + (u & 0xffffu);
  return vec2u(0xcd9eu * high + upper_half(u) + upper_half(v), b * 0xcd9e8d57u);
}

const WEYL = vec2u(0x9e3779b9u, 0xbb67ae85u);

fn philox_round(c: vec4u, key: vec2u) -> vec4u {
  let p = first_product(c.x);
  let q = second_product(c.z);
  return vec4u(q.x ^ c.y ^ key.x, q.y, p.x ^ c.w ^ key.y, p.y);
}

// The part of the first two rounds that does not depend on the first word of the counter, to be computed
// once for calls that differ in that word only.
struct PhiloxState {
  round_1: u32, // xor into the third word
  round_2: vec3u, // xor into the first and third word; the fourth word itself
  key: vec2u, // of round 3
}

fn philox_state(rest: vec3u, key: vec2u) -> PhiloxState {
  let q = second_product(rest.y);
  let p = first_product(q.x ^ rest.x ^ key.x);
  let next = key + WEYL;
  return PhiloxState(rest.z ^ key.y, vec3u(q.y ^ next.x, p.x ^ next.y, p.y), next + WEYL);
}

fn philox_draw(prepared: PhiloxState, first: u32) -> vec4u {
  let p = first_product(first);
  let q = second_product(p.x ^ prepared.round_1);
  let r = prepared.round_2;
  var k = prepared.key;
  var c = philox_round(vec4u(q.x ^ r.x, q.y, r.y ^ p.y, r.z), k);
  // Written out: neither software driver unrolls the loop, and the rounds are short.
  k += WEYL; c = philox_round(c, k);
  k += WEYL; c = philox_round(c, k);
  k += WEYL; c = philox_round(c, k);
  k += WEYL; c = philox_round(c, k);
  k += WEYL; c = philox_round(c, k);
  k += WEYL; c = philox_round(c, k);
  k += WEYL; c = philox_round(c, k);
  return c;
}

fn philox4x32(counter: vec4u, key: vec2u) -> vec4u {
  return philox_draw(philox_state(counter.yzw, key), counter.x);
}
