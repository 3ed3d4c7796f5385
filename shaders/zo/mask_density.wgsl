// How many weights of each tensor a mask by magnitude leaves in, and how |theta| spreads around the
// threshold: 64 bins, each a sixteenth of it wide, the last for all beyond. A workgroup a chunk.
#include "lib/chunk.wgsl"
#include "lib/theta_one.wgsl"

struct Params {
  first_chunk: u32,
}

override WORKGROUP_SIZE: u32 = 64;

const WORDS = 65u; // weights left in, then the bins

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<storage, read> chunks: array<Chunk>;
@group(0) @binding(2) var<storage, read> theta: array<u32>; // as STORAGE says
@group(0) @binding(3) var<storage, read> thresholds: array<f32>; // [tensors]
@group(0) @binding(4) var<storage, read_write> counts: array<atomic<u32>>; // [tensors, 65]

var<workgroup> sh_counts: array<atomic<u32>, 65>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let chunk = chunks[params.first_chunk + workgroup.x];
  let threshold = thresholds[chunk.tensor];
  for (var word = lane; word < WORDS; word += WORKGROUP_SIZE) { atomicStore(&sh_counts[word], 0u); }
  workgroupBarrier();
  for (var i = lane; i < chunk.count; i += WORKGROUP_SIZE) {
    let size = abs(theta1(chunk.theta_offset + i));
    if (size <= threshold) { atomicAdd(&sh_counts[0], 1u); }
    let bin = min(u32(min(size / threshold * 16.0, 63.0)), 63u);
    atomicAdd(&sh_counts[1u + bin], 1u);
  }
  workgroupBarrier();
  for (var word = lane; word < WORDS; word += WORKGROUP_SIZE) {
    let count = atomicLoad(&sh_counts[word]);
    if (count > 0u) { atomicAdd(&counts[chunk.tensor * WORDS + word], count); }
  }
}
