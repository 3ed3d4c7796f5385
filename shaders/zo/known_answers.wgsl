// words[i] = Philox4x32-10 of the i-th (counter, key). The start-up check compares published answers.
#include "lib/philox.wgsl"

struct Params {
  count: u32,
}

override WORKGROUP_SIZE: u32 = 64;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> inputs: array<u32>; // [count, 6]: counter, key
@group(0) @binding(2) var<storage, read_write> words: array<u32>; // [count, 4]

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) global: vec3u) {
  let i = global.x;
  if (i >= params.count) { return; }
  let at = i * 6u;
  let counter = vec4u(inputs[at], inputs[at + 1u], inputs[at + 2u], inputs[at + 3u]);
  let answer = philox4x32(counter, vec2u(inputs[at + 4u], inputs[at + 5u]));
  words[i * 4u] = answer.x;
  words[i * 4u + 1u] = answer.y;
  words[i * 4u + 2u] = answer.z;
  words[i * 4u + 3u] = answer.w;
}
