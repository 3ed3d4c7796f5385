// Rows of an embedding as both signs see them, pending terms and probe worked out on the spot: a batch
// looks up few of them. A thread makes eight columns for both signs, so that noise is drawn once for all
// sixteen. The including file binds batch, theta and x besides, and says with `put` how x takes a value.
#include "lib/batch.wgsl"
#include "lib/eight.wgsl"
#include "lib/perturbed.wgsl"

// Groups of eight elements that a row may touch; it begins within one where its width is odd.
fn groups_of(width: u32) -> u32 { return select((width + 14u) / 8u, width / 8u, width % 8u == 0u); }

// row: of the batch; at: the table's row, first_row the one where the shard in theta begins; i: which of
// the row's groups.
fn look_up(row: u32, at: u32, first_row: u32, width: u32, tensor: u32, i: u32) {
  let start = at * width;
  let group = start / 8u + i;
  if (group * 8u >= start + width) { return; }
  let low = max(group * 8u, start) - group * 8u; // lanes of the group inside the row
  let high = min(group * 8u + 8u, start + width) - group * 8u;
  let column = i32(group * 8u) - i32(start);
  let table = Chunk(tensor, 0u, 0u, 0u, 0u, NO_BLOCK, 1u, 0u);
  let stored = load8(i32((at - first_row) * width) + column, low, high);
  let w = apply_terms(stored, table, group, 0u, state.update_count, true);
  var both = Both(w, w);
  if (is_probed(state, NO_BLOCK)) { both = probed8(w, table, group); }
  put8(both.plus, i32(row * width) + column, low, high);
  if (batch.signs == 2u) { put8(both.minus, i32((row + batch.tokens) * width) + column, low, high); }
}
