// One round of a radix select over |theta|: of the weights whose upper bits match what the rounds
// before have fixed, how many have each value of the next eight bits. The bits of a float without its
// sign order as the float does. A workgroup a chunk.
#include "lib/chunk.wgsl"
#include "lib/theta_one.wgsl"

struct Params {
  first_chunk: u32,
}

struct Round {
  shift: u32, // 24, 16, 8, 0
}

override WORKGROUP_SIZE: u32 = 64;

const BINS = 256u;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<uniform> round: Round;
@group(0) @binding(2) var<storage, read> chunks: array<Chunk>;
@group(0) @binding(3) var<storage, read> theta: array<u32>; // as STORAGE says
@group(0) @binding(4) var<storage, read> selected: array<u32>; // [tensors, 2]: bits fixed so far, rank left
@group(0) @binding(5) var<storage, read_write> counts: array<atomic<u32>>; // [tensors, 256]

var<workgroup> sh_counts: array<atomic<u32>, 256>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let chunk = chunks[params.first_chunk + workgroup.x];
  let fixed = selected[chunk.tensor * 2u];
  for (var bin = lane; bin < BINS; bin += WORKGROUP_SIZE) { atomicStore(&sh_counts[bin], 0u); }
  workgroupBarrier();
  for (var i = lane; i < chunk.count; i += WORKGROUP_SIZE) {
    let bits = bitcast<u32>(theta1(chunk.theta_offset + i)) & 0x7fffffffu;
    // Two shifts: a shift by 32 is not defined.
    if (((bits ^ fixed) >> round.shift) >> 8u == 0u) {
      atomicAdd(&sh_counts[(bits >> round.shift) & 255u], 1u);
    }
  }
  workgroupBarrier();
  for (var bin = lane; bin < BINS; bin += WORKGROUP_SIZE) {
    let count = atomicLoad(&sh_counts[bin]);
    if (count > 0u) { atomicAdd(&counts[chunk.tensor * BINS + bin], count); }
  }
}
