// out[t, head] = softmax(q k^T / sqrt(D)) v over all positions of the token's sequence up to its own, whose
// keys and values are in the cache. One token at a time would leave a GPU idle, so the lanes of a workgroup
// divide the positions of a (token, head) among them, each with its own online softmax; their results are
// combined at the end.
#include "lib/batch.wgsl"

struct Params {
  width: u32, // C = heads * D
  heads: u32,
}

override WORKGROUP_SIZE: u32 = 16;
override HEAD_WIDTH: u32 = 16; // D

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<uniform> batch: Batch;
@group(0) @binding(2) var<storage, read> tokens: array<Token>; // [T], own_start is a row of the cache
@group(0) @binding(3) var<storage, read> kvq: array<f32>; // [T, 3 C], of which the queries are read
@group(0) @binding(4) var<storage, read> cache: array<f32>; // [slots * positions, 2 C]: k, v
@group(0) @binding(5) var<storage, read_write> out: array<f32>; // [T, C]

var<workgroup> sh_out: array<f32, WORKGROUP_SIZE * HEAD_WIDTH>; // [WORKGROUP_SIZE, D]
var<workgroup> sh_largest: array<f32, WORKGROUP_SIZE>;
var<workgroup> sh_sum: array<f32, WORKGROUP_SIZE>;

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(workgroup_id) workgroup: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let head = workgroup.x;
  let t = workgroup.y;
  if (head >= params.heads || t >= batch.tokens) { return; }
  // From a uniform, not the override: with constant bounds lavapipe unrolls all loops and takes a minute
  // to compile.
  let head_width = params.width / params.heads;
  let scale = inverseSqrt(f32(head_width));
  let stride = 2u * params.width;
  let count = tokens[t].position + 1u;
  let first = tokens[t].own_start * stride + head * head_width;
  let q = t * 3u * params.width + stride + head * head_width;
  let sums = lane * HEAD_WIDTH;
  for (var d = 0u; d < head_width; d++) { sh_out[sums + d] = 0.0; }
  var largest = -3.4e38;
  var sum = 0.0;
  for (var i = lane; i < count; i += WORKGROUP_SIZE) {
    let k = first + i * stride;
    var score = 0.0;
    for (var d = 0u; d < head_width; d++) { score += kvq[q + d] * cache[k + d]; }
    score *= scale;
    var keep = 1.0;
    if (score > largest) {
      keep = exp(largest - score);
      largest = score;
    }
    let weight = exp(score - largest);
    sum = sum * keep + weight;
    let v = k + params.width;
    for (var d = 0u; d < head_width; d++) {
      sh_out[sums + d] = sh_out[sums + d] * keep + weight * cache[v + d];
    }
  }
  sh_largest[lane] = largest;
  sh_sum[lane] = sum;
  workgroupBarrier();
  let lanes = min(count, WORKGROUP_SIZE); // the others had no position
  for (var i = 0u; i < lanes; i++) { largest = max(largest, sh_largest[i]); }
  sum = 0.0;
  for (var i = 0u; i < lanes; i++) { sum += sh_sum[i] * exp(sh_largest[i] - largest); }
  let to = t * params.width + head * head_width;
  for (var d = lane; d < head_width; d += WORKGROUP_SIZE) {
    var value = 0.0;
    for (var i = 0u; i < lanes; i++) {
      value += sh_out[i * HEAD_WIDTH + d] * exp(sh_largest[i] - largest);
    }
    out[to + d] = value / sum;
  }
}
