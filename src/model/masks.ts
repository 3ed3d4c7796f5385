import type { Storage } from "#base/dtype.ts";
import { BoundKernels, dispatch, planParams } from "#gpu/boundKernels.ts";
import { type Card, type OverridesOf, packStruct, wordsOf } from "#gpu/card.ts";
import { type Commands, Recorder } from "#gpu/commands.ts";
import { compileKernel, type Kernel } from "#gpu/kernel.ts";
import { constants, magnitudeHistogram, Round, thresholdSelect } from "#gpu/kernels.gen.ts";
import { type Memory, type PlannedBuffer, planned, usage } from "#gpu/memory.ts";
import type { Readback } from "#gpu/readback.ts";
import type { ShaderSources } from "#gpu/wgsl.ts";
import { type ByStorage, compileByStorage, kernelFor } from "./compile.ts";
import type { ChunkRange, Layout } from "./layout.ts";
import type { Parameter } from "./parameters.ts";
import type { Weights } from "./weights.ts";

/** Threshold of a tensor that is trained whole: no f32 is larger. */
export const dense = 3.4028234663852886e38;
/** Threshold of a tensor that is not trained: no magnitude is below it. */
export const frozen = -1;

const { BINS, SELECT, MEASURE } = constants;
/** Bins of a histogram of a mask. */
const SPREAD_BINS = 64;

/** The weights of one tensor that its mask selects. */
export interface MaskCount {
  readonly parameter: Parameter;
  readonly threshold: number;
  /** Weights with |θ| at most the threshold. */
  readonly selected: number;
  /** |θ| in 64 bins, each a sixteenth of the threshold wide; the last has all beyond. */
  readonly histogram: readonly number[];
}

interface Parts {
  readonly device: GPUDevice;
  readonly sources: ShaderSources;
  readonly memory: Memory;
  readonly readback: Readback;
  readonly layout: Layout;
  readonly weights: Weights;
  readonly chunks: GPUBuffer;
  readonly thresholds: GPUBuffer;
}

interface MaskKernels {
  readonly histogram: ByStorage<typeof magnitudeHistogram>;
  readonly select: Kernel<typeof thresholdSelect>;
}

/** The buffers of masks, beside the thresholds that every model has. */
export function planMasks({ table, matrices }: Layout) {
  const words = (label: string, count: number) => planned(label, "other", count * 4);
  const tiles = [...matrices.values()].flatMap(({ shards }) => shards.flatMap((s) => s.tiles));
  return {
    // A histogram of each tile and of the vectors, and the selection.
    params: planParams("mask uniforms", tiles.length + 1 + 1),
    round: planned("round", "other", 4 * wordsOf(Round), usage.UNIFORM),
    selected: words("selected bits", table.length * 2),
    counts: words("bin counts", table.length * BINS),
  } satisfies Record<string, PlannedBuffer>;
}

/**
 * Masks by magnitude: a threshold for each tensor, computed on the GPU, and counts of the weights within it.
 * Masks are never stored; every pass over the weights compares magnitudes anew.
 */
export class Masks {
  readonly #parts: Parts;
  readonly #bound: BoundKernels;
  readonly #kernels: MaskKernels;
  readonly #round: GPUBuffer;
  readonly #selected: GPUBuffer;
  readonly #counts: GPUBuffer;
  #values: Float32Array<ArrayBuffer>;

  static async create(parts: Parts): Promise<Masks> {
    const compile = <C extends Card>(card: C, overrides: OverridesOf<C> = {}) =>
      compileKernel(parts.device, parts.sources, card, overrides);
    const [histogram, select] = await Promise.all([
      compileByStorage(parts.layout, magnitudeHistogram, compile),
      compile(thresholdSelect),
    ]);
    return new Masks(parts, { histogram, select });
  }

  private constructor(parts: Parts, kernels: MaskKernels) {
    const tensors = parts.layout.table.length;
    const plan = planMasks(parts.layout);
    this.#parts = parts;
    this.#kernels = kernels;
    this.#bound = new BoundKernels(parts.device, parts.memory, plan.params);
    this.#round = parts.memory.make(plan.round);
    this.#selected = parts.memory.make(plan.selected);
    this.#counts = parts.memory.make(plan.counts);
    this.#values = new Float32Array(tensors);
  }

  /** Sets given thresholds, such as those of a resumed run. */
  set(values: readonly number[]): void {
    this.#values = new Float32Array(values);
    this.#parts.device.queue.writeBuffer(this.#parts.thresholds, 0, this.#values);
  }

  /**
   * Computes the threshold of each matrix from its weights: the k-th smallest |θ|,
   * k = max(1, ⌊(1 − sparsity) · n⌋). 1-D tensors are trained whole, frozen ones not at all.
   *
   * @returns one threshold per parameter, in table order
   * @throws DeviceLost
   */
  async take(sparsity: number, isTrainable: (p: Parameter) => boolean): Promise<readonly number[]> {
    const { device, layout, thresholds, readback } = this.#parts;
    const { table } = layout;
    this.set(table.map((p) => (isTrainable(p) ? dense : frozen)));
    if (sparsity === 0) return Array.from(this.#values);
    const ranks = table.map((p) =>
      p.shape.length > 1 && isTrainable(p)
        ? Math.max(1, Math.floor((1 - sparsity) * p.elements))
        : 0,
    );
    device.queue.writeBuffer(this.#selected, 0, new Uint32Array(ranks.flatMap((k) => [0, k])));
    for (const shift of [24, 16, 8, 0]) {
      device.queue.writeBuffer(this.#round, 0, packStruct(Round, { kind: SELECT, shift }));
      this.#submit((pass) => {
        this.#recordHistogram(pass);
        this.#recordSelection(pass);
      });
    }
    const found = await readback.read(thresholds, 0, table.length * 4);
    this.#values = new Float32Array(found);
    return Array.from(this.#values);
  }

  /** Counts the current weights of every tensor. @throws DeviceLost */
  async measure(): Promise<readonly MaskCount[]> {
    const { layout, readback } = this.#parts;
    const { table } = layout;
    const { queue } = this.#parts.device;
    queue.writeBuffer(this.#round, 0, packStruct(Round, { kind: MEASURE, shift: 0 }));
    this.#submit((pass) => this.#recordHistogram(pass));
    const counts = new Uint32Array(await readback.read(this.#counts, 0, table.length * BINS * 4));
    queue.writeBuffer(this.#counts, 0, new Uint32Array(counts.length));
    return table.map((parameter, i) => ({
      parameter,
      threshold: this.#values[i]!,
      selected: counts[i * BINS]!,
      histogram: Array.from(counts.subarray(i * BINS + 1, i * BINS + 1 + SPREAD_BINS)),
    }));
  }

  /** Adds every weight to the bin counts, as the round says. */
  #recordHistogram(pass: Commands): void {
    const { chunks, thresholds } = this.#parts;
    const [round, selected, counts] = [this.#round, this.#selected, this.#counts];
    this.#eachRange((range, theta, name, storage) => {
      const kernel = kernelFor(this.#kernels.histogram, storage);
      const bound = this.#bound.get(name, kernel, () => ({
        params: { first_chunk: range.first },
        buffers: { round, chunks, theta, selected, thresholds, counts },
      }));
      dispatch(pass, bound, range.count);
    });
  }

  /** Selects eight more bits of each threshold and sets the bin counts to 0. */
  #recordSelection(pass: Commands): void {
    const { layout, thresholds } = this.#parts;
    const [round, selected, counts] = [this.#round, this.#selected, this.#counts];
    const tensors = layout.table.length;
    const bound = this.#bound.get("select", this.#kernels.select, () => ({
      params: { tensors },
      buffers: { round, selected, counts, thresholds },
    }));
    dispatch(pass, bound, Math.ceil(tensors / thresholdSelect.overrides.WORKGROUP_SIZE));
  }

  /** Visits every chunk of every parameter, 1-D ones first. */
  #eachRange(
    visit: (range: ChunkRange, theta: GPUBuffer, name: string, storage: Storage) => void,
  ): void {
    const { layout, weights } = this.#parts;
    visit(layout.vectors.chunks, weights.vectors, "vectors", layout.vectors.storage);
    for (const { name, shards, storage } of layout.matrices.values()) {
      for (const shard of shards) {
        for (const tile of shard.tiles) {
          const label = `${name} ${shard.firstRow + tile.firstRow}`;
          visit(tile.chunks, weights.shard(shard), label, storage);
        }
      }
    }
  }

  #submit(record: (pass: Commands) => void): void {
    const recorder = new Recorder(this.#parts.device);
    record(recorder);
    recorder.submit();
  }
}
