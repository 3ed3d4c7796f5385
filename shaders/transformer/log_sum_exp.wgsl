// state[s] = (largest logit, sum of exp(logit - largest), logit of the target) of scored position s, updated
// tile by tile of the vocabulary. A workgroup per scored position.
#include "lib/batch.wgsl"
#include "lib/reduce.wgsl"

struct Params {
  first_id: u32, // of the tile
  width: u32, // ids in the tile
  stride: u32, // columns of logits
  begins: u32, // 1: first tile, no state yet
}

override WORKGROUP_SIZE: u32 = 64;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<uniform> batch: Batch;
@group(0) @binding(2) var<storage, read> scored: array<Scored>; // [S]
@group(0) @binding(3) var<storage, read> logits: array<f32>; // [signs * S, stride]
@group(0) @binding(4) var<storage, read_write> state: array<f32>; // [signs * S, 3]

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let s = workgroup.x;
  if (s >= batch.signs * batch.scored) { return; }
  let start = s * params.stride;
  var largest = -3.4e38;
  for (var i = lane; i < params.width; i += WORKGROUP_SIZE) { largest = max(largest, logits[start + i]); }
  largest = workgroup_max(lane, largest);
  if (params.begins == 0u) { largest = max(largest, state[s * 3u]); }
  var sum = 0.0;
  for (var i = lane; i < params.width; i += WORKGROUP_SIZE) { sum += exp(logits[start + i] - largest); }
  sum = workgroup_sum(lane, sum);
  if (lane > 0u) { return; }
  if (params.begins == 0u) { sum += state[s * 3u + 1u] * exp(state[s * 3u] - largest); }
  state[s * 3u] = largest;
  state[s * 3u + 1u] = sum;
  let id = scored[s % batch.scored].target_id;
  if (id >= params.first_id && id < params.first_id + params.width) {
    state[s * 3u + 2u] = logits[start + id - params.first_id];
  }
}
