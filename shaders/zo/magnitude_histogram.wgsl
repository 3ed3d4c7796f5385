// counts[tensor, bin(theta)] += 1 for each weight of a chunk, a workgroup per chunk:
//   SELECT   bin = eight bits of |theta| from `shift` on, of the weights whose higher bits are those
//            selected in the rounds before: a round of a radix select. The bits of a float without its
//            sign order as the float does.
//   MEASURE  bin 0 has the weights within the threshold; bins 1 to 64 have |theta| in sixteenths of the
//            threshold, the last one all beyond
#include "lib/chunk.wgsl"
#include "lib/magnitude_bins.wgsl"
#include "lib/theta.wgsl"

struct Params {
  first_chunk: u32,
}

override WORKGROUP_SIZE: u32 = 64;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<uniform> round: Round;
@group(0) @binding(2) var<storage, read> chunks: array<Chunk>;
@group(0) @binding(3) var<storage, read> theta: array<u32>; // as STORAGE says
@group(0) @binding(4) var<storage, read> selected: array<u32>; // [tensors, 2]: bits selected so far, rank left
@group(0) @binding(5) var<storage, read> thresholds: array<f32>; // [tensors]
@group(0) @binding(6) var<storage, read_write> counts: array<atomic<u32>>; // [tensors, BINS]

var<workgroup> sh_counts: array<atomic<u32>, BINS>;

fn load_theta(at: u32) -> f32 {
  if (STORAGE == HALVES) { return widen(vec4u(theta[at >> 1u] >> (16u * (at & 1u)))).x; }
  return bitcast<f32>(theta[at]);
}

fn count_selected(chunk: Chunk, lane: u32) {
  let higher = selected[chunk.tensor * 2u];
  for (var i = lane; i < chunk.count; i += WORKGROUP_SIZE) {
    let bits = bitcast<u32>(load_theta(chunk.theta_offset + i)) & 0x7fffffffu;
    // Two shifts: a shift by 32 is not defined.
    if (((bits ^ higher) >> round.shift) >> 8u == 0u) {
      atomicAdd(&sh_counts[(bits >> round.shift) & 255u], 1u);
    }
  }
}

fn count_spread(chunk: Chunk, lane: u32) {
  let threshold = thresholds[chunk.tensor];
  for (var i = lane; i < chunk.count; i += WORKGROUP_SIZE) {
    let size = abs(load_theta(chunk.theta_offset + i));
    if (size <= threshold) { atomicAdd(&sh_counts[0], 1u); }
    let bin = min(u32(min(size / threshold * 16.0, 63.0)), 63u);
    atomicAdd(&sh_counts[1u + bin], 1u);
  }
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let chunk = chunks[params.first_chunk + workgroup.x];
  for (var bin = lane; bin < BINS; bin += WORKGROUP_SIZE) { atomicStore(&sh_counts[bin], 0u); }
  workgroupBarrier();
  if (round.kind == SELECT) { count_selected(chunk, lane); } else { count_spread(chunk, lane); }
  workgroupBarrier();
  for (var bin = lane; bin < BINS; bin += WORKGROUP_SIZE) {
    let count = atomicLoad(&sh_counts[bin]);
    if (count > 0u) { atomicAdd(&counts[chunk.tensor * BINS + bin], count); }
  }
}
