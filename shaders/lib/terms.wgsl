// Terms of a delta: theta += coefficient * mask * z(direction), or for weight decay theta *= 1 -
// coefficient * mask. The host writes the list of terms; the coefficients are already on the GPU.
#include "lib/noise.wgsl"

// Uniform values shared by every workgroup of a pass over the weights.
struct PassState {
  seed_low: u32,
  seed_high: u32,
  probe_step: u32, // direction tried in this pass
  probe_index: u32,
  probe_blocks_low: u32, // bit b: block b is perturbed (0 to 31), _high: 32 to 63
  probe_blocks_high: u32,
  probe_embeddings: u32, // 1: everything outside the blocks is perturbed
  probe_enabled: u32, // 0: nothing is perturbed, W+ = W- = theta
  epsilon: f32, // rounded to 16 significant bits
  update_count: u32, // terms applied to theta and written back
  offset_count: u32, // terms after those, seen by the probe only
  mask_by_magnitude: u32, // 1: only |theta| <= threshold of its tensor is perturbed and updated
  other_index: u32, // with ONE_SIDED: probe index of the direction of W-
  other_epsilon: f32, // with ONE_SIDED: W- = theta + other_epsilon z_other
}

struct Term {
  step: u32,
  probe: u32,
  slot: u32, // of its coefficient
  kind: u32, // TERM_NOISE, TERM_DECAY or TERM_BACK (noise, subtracted)
  blocks_low: u32,
  blocks_high: u32,
  embeddings: u32,
  begins_step: u32, // 1: the magnitude mask is computed anew here
}

const TERM_NOISE = 0u;
const TERM_DECAY = 1u;
const TERM_BACK = 2u;
const NO_BLOCK = 0xffffffffu; // outside the blocks: embeddings, final norm, projections
const HEAD_BLOCK = 0xfffffffeu; // a score head: active in every step

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
