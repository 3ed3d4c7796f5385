// A packed batch: the tokens of all sequences one after another, without padding. The options of an
// example share their prompt: a token of an option attends to the prompt, then to its own option.

struct Batch {
  tokens: u32, // T, per sign
  scored: u32, // S, scored positions per sign
  options: u32,
  examples: u32,
  signs: u32, // 2 for a probe (tokens 0..T-1 plus, T..2T-1 minus), 1 for an evaluation
  accumulates: u32, // 1: the loss is added to that of earlier parts of the batch
  probe_register: u32, // which probe of the step this is
  per_token: u32, // 1: mean over all scored tokens (language modelling); 0: options compete
}

struct Token {
  id: u32,
  position: u32, // in its sequence, from 0
  prefix_start: u32, // tokens of a shared prompt, all of which it attends to
  prefix_end: u32,
  own_start: u32, // first token of its own sequence, attended to up to itself
}

struct Scored {
  token: u32,
  target_id: u32, // the token expected next
}
