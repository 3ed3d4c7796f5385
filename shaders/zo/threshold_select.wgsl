// threshold[tensor] = the rank-th smallest |theta|, by radix select. A round ends here: the bin with the
// wanted rank gives eight more bits; after the last round they are the threshold. A thread per tensor; a
// tensor of rank 0 keeps its threshold.
#include "lib/magnitude_bins.wgsl"

struct Params {
  tensors: u32,
}

override WORKGROUP_SIZE: u32 = 64;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<uniform> round: Round;
@group(0) @binding(2) var<storage, read_write> selected: array<u32>; // [tensors, 2]: bits selected so far, rank left
@group(0) @binding(3) var<storage, read_write> counts: array<u32>; // [tensors, BINS], set to 0
@group(0) @binding(4) var<storage, read_write> thresholds: array<f32>; // [tensors]

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(global_invocation_id) global: vec3u) {
  let tensor = global.x;
  if (tensor >= params.tensors) { return; }
  let rank = selected[tensor * 2u + 1u];
  var before = 0u;
  var found = 0u;
  var left = rank;
  for (var bin = 0u; bin < BINS; bin++) {
    let count = counts[tensor * BINS + bin];
    counts[tensor * BINS + bin] = 0u;
    if (before < rank && before + count >= rank) {
      found = bin;
      left = rank - before;
    }
    before += count;
  }
  if (rank == 0u) { return; }
  let bits = selected[tensor * 2u] | (found << round.shift);
  selected[tensor * 2u] = bits;
  selected[tensor * 2u + 1u] = left;
  if (round.shift == 0u) { thresholds[tensor] = bitcast<f32>(bits); }
}
