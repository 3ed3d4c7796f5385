// out[t, head] = softmax(q k^T / sqrt(D)) v over the tokens that t attends to: a shared prompt, then its
// own sequence up to itself. Online softmax (Milakov and Gimelshein, 2018), four keys at a time: nothing of
// size T x T is stored. A thread computes one head of four neighbouring tokens, so that what it loads of k
// and v serves four queries. Measured: docs/kernels.md#attention
#include "lib/batch.wgsl"

struct Params {
  width: u32, // C = heads * D
  heads: u32,
}

override WORKGROUP_SIZE: u32 = 8;
override HEAD_WIDTH: u32 = 16; // D

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<uniform> batch: Batch;
@group(0) @binding(2) var<storage, read> tokens: array<Token>; // [T]
@group(0) @binding(3) var<storage, read> kvq: array<f32>; // [signs * T, 3 C]: k, v, q
@group(0) @binding(4) var<storage, read_write> out: array<f32>; // [signs * T, C]

var<workgroup> sh_out: array<vec4f, WORKGROUP_SIZE * HEAD_WIDTH>; // [WORKGROUP_SIZE, D], four tokens each

// The i-th token that a token attends to, counted from the first of the sign.
fn attended_token(query: Token, i: u32) -> u32 {
  let prefix = query.prefix_end - query.prefix_start;
  return select(query.own_start + i - prefix, query.prefix_start + i, i < prefix);
}

// True if two tokens attend to the same keys, up to where they end.
fn share_keys(a: Token, b: Token) -> bool {
  return a.own_start == b.own_start && a.prefix_start == b.prefix_start
    && a.prefix_end == b.prefix_end;
}

// Attention of tokens [t, t + count), which share keys, of the sign that begins at `base`. The thread keeps
// its sums in sh_out from `sums` on.
fn attend(base: u32, t: u32, count: u32, head: u32, sums: u32) {
  // From a uniform, not the override: with constant bounds lavapipe unrolls all loops and takes a minute
  // to compile.
  let head_width = params.width / params.heads;
  let scale = inverseSqrt(f32(head_width));
  let stride = 3u * params.width;
  let column = head * head_width;
  let query = tokens[t];
  let seen = query.prefix_end - query.prefix_start + t - query.own_start + 1u;
  // Tokens beyond the last repeat it; their results are not stored.
  let step = vec4u(0u, min(1u, count - 1u), min(2u, count - 1u), min(3u, count - 1u));
  let limit = vec4u(seen) + step; // keys that each query attends to
  let q = (vec4u(base + t) + step) * stride + 2u * params.width + column;
  for (var d = 0u; d < head_width; d++) { sh_out[sums + d] = vec4f(0.0); }
  var largest = vec4f(-3.4e38);
  var sum = vec4f(0.0);
  for (var i = 0u; i < limit.w; i += 4u) {
    let last = limit.w - 1u;
    let k0 = (base + attended_token(query, i)) * stride + column;
    let k1 = (base + attended_token(query, min(i + 1u, last))) * stride + column;
    let k2 = (base + attended_token(query, min(i + 2u, last))) * stride + column;
    let k3 = (base + attended_token(query, min(i + 3u, last))) * stride + column;
    var s0 = vec4f(0.0);
    var s1 = vec4f(0.0);
    var s2 = vec4f(0.0);
    var s3 = vec4f(0.0);
    for (var d = 0u; d < head_width; d++) {
      let a = vec4f(kvq[q.x + d], kvq[q.y + d], kvq[q.z + d], kvq[q.w + d]);
      s0 += a * kvq[k0 + d];
      s1 += a * kvq[k1 + d];
      s2 += a * kvq[k2 + d];
      s3 += a * kvq[k3 + d];
    }
    // A query attends to the first key of a block or to none of it. In the latter case its largest score
    // stays and every weight is 0.
    s0 = select(vec4f(-3.4e38), s0 * scale, vec4u(i) < limit);
    s1 = select(vec4f(-3.4e38), s1 * scale, vec4u(i + 1u) < limit);
    s2 = select(vec4f(-3.4e38), s2 * scale, vec4u(i + 2u) < limit);
    s3 = select(vec4f(-3.4e38), s3 * scale, vec4u(i + 3u) < limit);
    let higher = max(max(largest, max(s0, s1)), max(s2, s3));
    let keep = exp(largest - higher);
    largest = higher;
    let p0 = exp(s0 - higher);
    let p1 = exp(s1 - higher);
    let p2 = exp(s2 - higher);
    let p3 = exp(s3 - higher);
    sum = sum * keep + p0 + p1 + p2 + p3;
    for (var d = 0u; d < head_width; d++) {
      let v = params.width + d;
      sh_out[sums + d] = sh_out[sums + d] * keep + p0 * kvq[k0 + v] + p1 * kvq[k1 + v]
        + p2 * kvq[k2 + v] + p3 * kvq[k3 + v];
    }
  }
  let to = (base + t) * params.width + column;
  for (var d = 0u; d < head_width; d++) {
    let values = sh_out[sums + d] / sum;
    out[to + d] = values.x;
    if (count > 1u) { out[to + params.width + d] = values.y; }
    if (count > 2u) { out[to + 2u * params.width + d] = values.z; }
    if (count > 3u) { out[to + 3u * params.width + d] = values.w; }
  }
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(
  @builtin(global_invocation_id) global: vec3u,
  @builtin(local_invocation_index) lane: u32,
) {
  let head = global.x % params.heads;
  let group = global.x / params.heads;
  let groups = (batch.tokens + 3u) / 4u; // of one sign
  if (group >= batch.signs * groups) { return; }
  let base = (group / groups) * batch.tokens; // first token of this sign
  let end = min(4u * (group % groups) + 4u, batch.tokens);
  // Most groups lie in one sequence; one that spans several takes them one after another.
  for (var t = 4u * (group % groups); t < end; ) {
    var count = 1u;
    while (t + count < end && share_keys(tokens[t], tokens[t + count])) { count++; }
    attend(base, t, count, head, lane * HEAD_WIDTH);
    t += count;
  }
}
