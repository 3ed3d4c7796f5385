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

/** How much text a writer can hold at once. */
export interface WriterCapacity {
  /** Sequences generated at the same time. */
  readonly slots: number;
  /** Tokens per sequence, prompt and generated, without the last one, which nothing follows. */
  readonly positions: number;
}

/** Ids that extend the sequence of a slot. */
export interface Feed {
  readonly slot: number;
  readonly ids: readonly number[];
  /** Length of the sequence so far; 0 begins a new one. */
  readonly position: number;
}

/** The buffers of a writer: the cache of each block, then logits. */
function planWriter(config: OptConfig, { slots, positions }: WriterCapacity) {
  const cacheSize = slots * positions * cacheBytesPerPosition(config);
  const caches = Array.from({ length: config.numHiddenLayers }, (_, block): PlannedBuffer => {
    return planned(`cache ${block}`, "cache", cacheSize);
  });
  return { caches, logits: planned("logits", "cache", slots * config.vocabSize * 4) };
}

/** Every buffer that a writer allocates. */
export function writerBuffers(
  config: OptConfig,
  layout: Layout,
  capacity: WriterCapacity,
): readonly PlannedBuffer[] {
  const { caches, logits } = planWriter(config, capacity);
  return [...caches, logits, planForwardParams(layout)];
}

/** The part of a model that a writer uses. */
export interface WriterModel {
  readonly device: GPUDevice;
  readonly config: OptConfig;
  readonly layout: Layout;
  readonly weights: Weights;
  readonly buffers: Buffers;
  readonly capacity: Capacity;
  readonly readback: Readback;
  evaluate(batch: PackedBatch, forward: Forward): void;
}

/** Bytes per position in the cache of one block: a key and a value. */
export function cacheBytesPerPosition({ hiddenSize }: OptConfig): number {
  return 2 * hiddenSize * 4;
}

/**
 * Generates text with a model: reads ids, prompts at once and then one by one, keeps keys and values of
 * every block, and returns the logits of the next token. It shares the model's activations, so nothing else
 * may run on the model between two calls.
 */
export class Writer {
  readonly capacity: WriterCapacity;
  readonly #model: WriterModel;
  readonly #memory: Memory;
  readonly #forward: Forward;
  readonly #logits: GPUBuffer;

  /** @param memory destroyed with the writer */
  constructor(
    model: WriterModel,
    kernels: ModelKernels,
    own: GenerationKernels,
    memory: Memory,
    capacity: WriterCapacity,
  ) {
    const { config, layout, weights, buffers, device } = model;
    this.capacity = capacity;
    this.#model = model;
    this.#memory = memory;
    const plan = planWriter(config, capacity);
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
   * @throws Error if a feed is empty or exceeds its slot, which the caller has planned
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

  /** The tokens of all feeds, in parts that fit the activations of the model. */
  #parts(feeds: readonly Feed[]): Part[] {
    const { capacity } = this.#model;
    const { slots, positions } = this.capacity;
    let part: Part = { tokens: [], scored: [] };
    const parts = [part];
    for (const { slot, ids, position } of feeds) {
      if (ids.length === 0 || slot >= slots || position + ids.length > positions) {
        throw new Error(`${ids.length} ids at ${position} do not fit slot ${slot} of this writer.`);
      }
      for (const [i, id] of ids.entries()) {
        const isLast = i === ids.length - 1;
        const isFull =
          part.tokens.length >= 2 * capacity.tokens || part.scored.length >= 2 * capacity.scored;
        if (isFull) {
          part = { tokens: [], scored: [] };
          parts.push(part);
        }
        if (isLast) part.scored.push(part.tokens.length);
        part.tokens.push([id, position + i, 0, 0, slot * positions]);
      }
    }
    return parts;
  }

  #run({ tokens, scored }: Part): void {
    this.#model.evaluate(
      {
        tokens: tokens.length,
        tokenTable: new Uint32Array(tokens.flat()),
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

/** Tokens of one forward pass. */
interface Part {
  /** Fields of each, as in `PackedBatch.tokenTable`. */
  readonly tokens: number[][];
  /** Tokens whose logits are returned. */
  readonly scored: number[];
}
