// Terms of a delta: theta += coefficient * mask * z(direction); where weights decay, theta *= 1 -
// coefficient * mask. The list of a pass is written by the host; the coefficients are already on the GPU.
#include "lib/noise.wgsl"

// What holds for every weight in one pass over them.
struct PassState {
  seed_low: u32,
  seed_high: u32,
  probe_step: u32, // direction tried in this pass
  probe_index: u32,
  probe_blocks_low: u32, // bit b: block b is perturbed (0..31), _high: 32..63
  probe_blocks_high: u32,
  probe_embeddings: u32, // 1: embeddings, final norm and projections are perturbed
  probe_enabled: u32, // 0: nothing is perturbed, W+ = W- = theta
  epsilon: f32, // rounded to 16 significant bits
  update_count: u32, // terms applied to theta and written back
  offset_count: u32, // terms after those, seen by the probe only
  mask_by_magnitude: u32, // 1: only |theta| <= threshold of its tensor moves
}

struct Term {
  step: u32,
  probe: u32,
  slot: u32, // of its coefficient
  kind: u32, // TERM_NOISE, TERM_DECAY or TERM_BACK (noise, subtracted)
  blocks_low: u32,
  blocks_high: u32,
  embeddings: u32,
  begins_step: u32, // 1: the magnitude mask is taken anew here
}

const TERM_NOISE = 0u;
const TERM_DECAY = 1u;
const TERM_BACK = 2u;
const NO_BLOCK = 0xffffffffu; // embeddings, final norm, projections
const HEAD_BLOCK = 0xfffffffeu; // a score head: it takes part in every step

fn is_active(block: u32, blocks_low: u32, blocks_high: u32, embeddings: u32) -> bool {
  if (block == HEAD_BLOCK) { return true; }
  if (block == NO_BLOCK) { return embeddings == 1u; }
  let word = select(blocks_low, blocks_high, block >= 32u);
  return ((word >> (block & 31u)) & 1u) == 1u;
}

fn is_probed(state: PassState, block: u32) -> bool {
  return state.probe_enabled == 1u &&
    is_active(block, state.probe_blocks_low, state.probe_blocks_high, state.probe_embeddings);
}
