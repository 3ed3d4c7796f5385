// loss_sums[probe, sign] = sum over the examples of a batch, as in MeZO (large_models/run.py,
// forward_wrap_with_option_len):
//   options compete:  logsumexp_c(s_c) - s_answer, s_c the mean log p of the tokens of option c
//   per token:        -log p of all scored tokens
// The coefficients kernel divides by the count after the last part of the batch. One workgroup.
#include "lib/batch.wgsl"
#include "lib/reduce.wgsl"

struct Params {
  option_capacity: u32, // options per sign in option_sums
}

struct Option {
  first: u32, // first scored position
  end: u32,
}

struct Example {
  first: u32, // first option
  end: u32,
  answer: u32, // counted from its first option
}

override WORKGROUP_SIZE: u32 = 64;

@group(0) @binding(0) var<uniform> params: Params;
@group(0) @binding(1) var<uniform> batch: Batch;
@group(0) @binding(2) var<storage, read> options: array<Option>; // [options]
@group(0) @binding(3) var<storage, read> examples: array<Example>; // [examples]
@group(0) @binding(4) var<storage, read> state: array<f32>; // [signs * S, 3], from log_sum_exp
@group(0) @binding(5) var<storage, read_write> option_sums: array<f32>; // [2, option_capacity]: sum of log p
@group(0) @binding(6) var<storage, read_write> loss_sums: array<f32>; // [probes, 2]: plus, minus

fn score(option: u32, sign: u32) -> f32 {
  return option_sums[sign * params.option_capacity + option] /
    f32(options[option].end - options[option].first);
}

fn example_loss(e: u32, sign: u32) -> f32 {
  let example = examples[e];
  if (batch.per_token == 1u) {
    return -option_sums[sign * params.option_capacity + example.first + example.answer];
  }
  var largest = -3.4e38;
  for (var c = example.first; c < example.end; c++) { largest = max(largest, score(c, sign)); }
  var sum = 0.0;
  for (var c = example.first; c < example.end; c++) { sum += exp(score(c, sign) - largest); }
  return largest + log(sum) - score(example.first + example.answer, sign);
}

@compute @workgroup_size(WORKGROUP_SIZE)
fn main(@builtin(local_invocation_index) lane: u32) {
  for (var i = lane; i < batch.signs * batch.options; i += WORKGROUP_SIZE) {
    let sign = i / batch.options;
    let option = i % batch.options;
    var sum = 0.0;
    for (var p = options[option].first; p < options[option].end; p++) {
      let at = (sign * batch.scored + p) * 3u;
      sum += state[at + 2u] - state[at] - log(state[at + 1u]);
    }
    option_sums[sign * params.option_capacity + option] = sum;
  }
  storageBarrier();
  workgroupBarrier();
  for (var sign = 0u; sign < batch.signs; sign++) {
    var loss = 0.0;
    for (var e = lane; e < batch.examples; e += WORKGROUP_SIZE) { loss += example_loss(e, sign); }
    loss = workgroup_sum(lane, loss);
    if (lane == 0u) {
      let at = batch.probe_register * 2u + sign;
      loss_sums[at] = loss + select(0.0, loss_sums[at], batch.accumulates == 1u);
    }
  }
}
