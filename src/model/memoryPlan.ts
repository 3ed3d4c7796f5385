import type { Capacity } from "#data/examples/packing.ts";
import { planParams } from "#gpu/boundKernels.ts";
import type { PlannedBuffer } from "#gpu/memory.ts";
import { planBuffers } from "./buffers.ts";
import type { OptConfig } from "./config.ts";
import type { Layout } from "./layout.ts";
import { planMasks } from "./masks.ts";
import { planWeights } from "./weights.ts";

/** What the memory of a model depends on. */
export interface ModelNeeds {
  readonly config: OptConfig;
  readonly layout: Layout;
  /** Per sign. */
  readonly capacity: Capacity;
  /** Sparse-MeZO masks are used. */
  readonly hasMasks: boolean;
  /** A copy of the weights is kept as snapshot. */
  readonly hasSnapshot: boolean;
}

/**
 * Every buffer of a model, weights first. Pure arithmetic, from the lists that allocation walks: what is
 * planned is what is allocated.
 */
export function planModel(needs: ModelNeeds): readonly PlannedBuffer[] {
  return [...weightBuffers(needs.layout, "weights"), ...planWork(needs)];
}

/** Every buffer but the weights. */
export function planWork({ config, layout, capacity, hasMasks, hasSnapshot }: ModelNeeds) {
  const snapshot = [...weightBuffers(layout, "snapshot"), planForwardParams(layout)];
  return [
    planForwardParams(layout),
    ...Object.values(planBuffers(config, layout, capacity)),
    ...(hasMasks ? Object.values(planMasks(layout)) : []),
    ...(hasSnapshot ? snapshot : []),
  ];
}

export function weightBuffers(
  layout: Layout,
  kind: "weights" | "snapshot",
): readonly PlannedBuffer[] {
  const { vectors, shards } = planWeights(layout, kind);
  return [vectors, ...shards.values()];
}

/** The params of every kernel of a forward pass: a few per tile, block and shard, and some to spare. */
export function planForwardParams({ matrices, numBlocks }: Layout): PlannedBuffer {
  const shards = [...matrices.values()].flatMap((matrix) => matrix.shards);
  const tiles = shards.reduce((sum, shard) => sum + shard.tiles.length, 0);
  return planParams("uniforms", 8 * tiles + shards.length + 8 * numBlocks + 32);
}
