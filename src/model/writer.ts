import type { Capacity, PackedBatch } from "#data/examples/packing.ts";
import { BoundKernels } from "#gpu/boundKernels.ts";
import { type Memory, type PlannedBuffer, planned } from "#gpu/memory.ts";
import type { Readback } from "#gpu/readback.ts";
import type { Buffers } from "./buffers.ts";
import type { ModelKernels } from "./compile.ts";
import type { OptConfig } from "./config.ts";
import { Forward, type GenerationKernels } from "./forward.ts";
import type { Layout } from "./layout.ts";
import { planForwardParams } from "./memoryPlan.ts";
import type { Weights } from "./weights.ts";

/** How much text can be in hand at once. */
export interface WriterRoom {
  /** Sequences side by side. */
  readonly slots: number;
  /** Tokens of each, prompt and written, but for the last, which nothing follows. */
  readonly positions: number;
}

/** Ids that go on a slot's sequence. */
export interface Feed {
  readonly slot: number;
  readonly ids: readonly number[];
  /** Ids the slot's sequence has already; 0 begins a new one. */
  readonly position: number;
}

/** What a writer allocates beside the model it writes with: the cache of each block, then logits. */
function planWriter(config: OptConfig, { slots, positions }: WriterRoom) {
  const cacheSize = slots * positions * cacheBytesPerPosition(config);
  const caches = Array.from({ length: config.numHiddenLayers }, (_, block): PlannedBuffer => {
    return planned(`cache ${block}`, "cache", cacheSize);
  });
  return { caches, logits: planned("logits", "cache", slots * config.vocabSize * 4) };
}

/** Every buffer that a writer makes. */
export function writerBuffers(
  config: OptConfig,
  layout: Layout,
  room: WriterRoom,
): readonly PlannedBuffer[] {
  const { caches, logits } = planWriter(config, room);
  return [...caches, logits, planForwardParams(layout)];
}

/** The model a writer writes with. */
export interface WriterModel {
  readonly device: GPUDevice;
  readonly config: OptConfig;
  readonly layout: Layout;
  readonly weights: Weights;
  readonly buffers: Buffers;
  readonly capacity: Capacity;
  readonly readback: Readback;
  runStill(batch: PackedBatch, forward: Forward): void;
}

/** Bytes one position of one slot takes in the cache of one block: a key and a value. */
export function cacheBytesPerPosition({ hiddenSize }: OptConfig): number {
  return 2 * hiddenSize * 4;
}

/**
 * Writes text with a model's weights as they stand: takes ids in, prompts whole and then one by one,
 * keeps keys and values of every block, and gives the logits of what may come next. It shares the
 * model's activations, so nothing else may run on the model meanwhile; its cache is its own and goes
 * with `destroy`.
 */
export class Writer {
  readonly room: WriterRoom;
  readonly #model: WriterModel;
  readonly #memory: Memory;
  readonly #forward: Forward;
  readonly #logits: GPUBuffer;

  /** @param memory its own, destroyed with it */
  constructor(
    model: WriterModel,
    kernels: ModelKernels,
    own: GenerationKernels,
    memory: Memory,
    room: WriterRoom,
  ) {
    const { config, layout, weights, buffers, device } = model;
    this.room = room;
    this.#model = model;
    this.#memory = memory;
    const plan = planWriter(config, room);
    const caches = plan.caches.map((cache) => memory.make(cache));
    this.#logits = memory.make(plan.logits);
    const bound = new BoundKernels(device, memory, planForwardParams(layout));
    this.#forward = new Forward({
      config,
      layout,
      weights,
      buffers,
      kernels,
      bound,
      generation: { ...own, caches, logits: this.#logits },
    });
  }

  /**
   * The logits after the last id of each feed, [feeds][vocabSize]. A slot has one feed at most.
   *
   * @throws Error if a feed is empty or reaches beyond its slot's room: room is planned
   * @throws DeviceLost
   */
  async read(feeds: readonly Feed[]): Promise<Float32Array[]> {
    const logits: Float32Array[] = [];
    for (const part of this.#parts(feeds)) {
      this.#run(part);
      if (part.scored.length > 0) logits.push(...(await this.#readLogits(part.scored.length)));
    }
    return logits;
  }

  /** Frees the cache. */
  destroy(): void {
    this.#memory.destroy();
  }

  /** The rows of all feeds, cut where the model's activations end. */
  #parts(feeds: readonly Feed[]): Part[] {
    const { capacity } = this.#model;
    const { slots, positions } = this.room;
    let part: Part = { rows: [], scored: [] };
    const parts = [part];
    for (const { slot, ids, position } of feeds) {
      if (ids.length === 0 || slot >= slots || position + ids.length > positions) {
        throw new Error(`${ids.length} ids at ${position} do not fit slot ${slot} of this writer.`);
      }
      for (const [i, id] of ids.entries()) {
        const isLast = i === ids.length - 1;
        const isFull =
          part.rows.length >= 2 * capacity.tokens || part.scored.length >= 2 * capacity.scored;
        if (isFull) {
          part = { rows: [], scored: [] };
          parts.push(part);
        }
        if (isLast) part.scored.push(part.rows.length);
        part.rows.push([id, position + i, 0, 0, slot * positions]);
      }
    }
    return parts;
  }

  #run({ rows, scored }: Part): void {
    this.#model.runStill(
      {
        tokens: rows.length,
        tokenTable: new Uint32Array(rows.flat()),
        scored: scored.length,
        scoredTokens: new Uint32Array(scored.flatMap((row) => [row, 0])),
        options: 0,
        optionRanges: new Uint32Array(0),
        examples: 0,
        exampleRanges: new Uint32Array(0),
      },
      this.#forward,
    );
  }

  async #readLogits(count: number): Promise<Float32Array[]> {
    const { vocabSize } = this.#model.config;
    const bytes = await this.#model.readback.read(this.#logits, 0, count * vocabSize * 4);
    return Array.from({ length: count }, (_, i) => {
      return new Float32Array(bytes, i * vocabSize * 4, vocabSize);
    });
  }
}

/** What runs through the model at once. */
interface Part {
  /** Words of each as `PackedBatch.rows` has them. */
  readonly rows: number[][];
  /** Rows whose logits are wanted. */
  readonly scored: number[];
}
