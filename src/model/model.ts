import type { Capacity, PackedBatch } from "#data/examples/packing.ts";
import { BoundKernels } from "#gpu/boundKernels.ts";
import { type Fields, type StructLayout, wordsOf, writeStruct } from "#gpu/card.ts";
import { type Commands, Recorder } from "#gpu/commands.ts";
import type { Device } from "#gpu/device.ts";
import { compileKernel, type Kernel } from "#gpu/kernel.ts";
import {
  attentionCached,
  Batch,
  type coefficients,
  constants,
  copyRows,
  PassState,
} from "#gpu/kernels.gen.ts";
import { Memory } from "#gpu/memory.ts";
import { Readback } from "#gpu/readback.ts";
import type { ShaderSources } from "#gpu/wgsl.ts";
import type { NoiseKind } from "#zo/noise.ts";
import { allocateBuffers, type Buffers, planBuffers } from "./buffers.ts";
import { compileKernels, headWidthOf, type ModelKernels } from "./compile.ts";
import type { OptConfig } from "./config.ts";
import { Forward, type GenerationKernels } from "./forward.ts";
import type { Layout } from "./layout.ts";
import type { LinearChoice } from "./linearChoice.ts";
import { Masks } from "./masks.ts";
import { planForwardParams } from "./memoryPlan.ts";
import { evaluationPass, noProbe, type PassPlan, type TermsKind } from "./products.ts";
import { StepClock } from "./stepClock.ts";
import { Weights } from "./weights.ts";
import { Writer, type WriterCapacity } from "./writer.ts";

/** Where the losses of a batch go. */
export interface LossTarget {
  readonly probe: number;
  /** Added to the losses of earlier parts of the batch. */
  readonly accumulates: boolean;
  readonly perToken: boolean;
}

export interface ModelOptions {
  readonly device: Device;
  readonly sources: ShaderSources;
  readonly weights: Weights;
  readonly noise: NoiseKind;
  /** Probes are one-sided; default: two-sided. */
  readonly isOneSided?: boolean;
  readonly capacity: Capacity;
  /** Kernels for matrix products. */
  readonly linear: LinearChoice;
  readonly onCompiled?: (done: number, total: number) => void;
}

/** Dispatches per submit until a step has been timed: at most a tenth of what is usual then. */
const UNTIMED_DISPATCHES = 16;

/** Runs forward passes on weights, over packed batches and for one or both signs of a perturbation. */
export class Model {
  readonly config: OptConfig;
  readonly layout: Layout;
  readonly weights: Weights;
  readonly buffers: Buffers;
  readonly readback: Readback;
  readonly capacity: Capacity;
  readonly coefficientsKernel: Kernel<typeof coefficients>;
  readonly device: GPUDevice;
  readonly memory: Memory;
  readonly bound: BoundKernels;
  readonly clock: StepClock;
  readonly #forward: Forward;
  readonly #sources: ShaderSources;
  readonly #kernels: ModelKernels;
  #masks: Promise<Masks> | null = null;
  #generationKernels: Promise<GenerationKernels> | null = null;
  #snapshot: { readonly weights: Weights; readonly forward: Forward } | null = null;
  readonly #scratch = new ArrayBuffer(64);
  /** Of the last `setPass`. */
  #terms: TermsKind = "any";
  /** Few until a step has been timed: drivers reset a GPU that one submit keeps busy for seconds. */
  dispatchesPerSubmit = UNTIMED_DISPATCHES;
  /** Dispatches submitted so far. */
  dispatches = 0;

  static async create(options: ModelOptions): Promise<Model> {
    return new Model(options, await compileKernels(options));
  }

  private constructor({ device, sources, weights, capacity }: ModelOptions, kernels: ModelKernels) {
    this.device = device.device;
    this.#sources = sources;
    this.config = weights.config;
    this.capacity = capacity;
    this.layout = weights.layout;
    this.weights = weights;
    this.memory = new Memory(this.device);
    this.readback = new Readback(this.device);
    this.bound = new BoundKernels(this.device, this.memory, planForwardParams(this.layout));
    const plan = planBuffers(weights.config, this.layout, capacity);
    this.buffers = allocateBuffers(this.memory, plan);
    this.clock = new StepClock(this.device, this.buffers.timestamps);
    this.device.queue.writeBuffer(this.buffers.chunks, 0, this.layout.chunks);
    this.coefficientsKernel = kernels.coefficients;
    this.#kernels = kernels;
    const { config, layout, buffers, bound } = this;
    this.#forward = new Forward({ config, layout, weights, buffers, kernels, bound });
  }

  /** Writes the batch that the next passes run on. */
  setBatch(batch: PackedBatch, signs: 1 | 2, target: LossTarget): void {
    const { queue } = this.device;
    queue.writeBuffer(this.buffers.tokens, 0, batch.tokenTable);
    queue.writeBuffer(this.buffers.scored, 0, batch.scoredTokens);
    queue.writeBuffer(this.buffers.options, 0, batch.optionRanges);
    queue.writeBuffer(this.buffers.examples, 0, batch.exampleRanges);
    this.#writeUniform(this.buffers.batch, Batch, {
      tokens: batch.tokens,
      scored: batch.scored,
      options: batch.options,
      examples: batch.examples,
      signs,
      accumulates: Number(target.accumulates),
      probe_register: target.probe,
      per_token: Number(target.perToken),
    });
  }

  /** Writes the perturbation and the number of terms of the next passes. */
  setPass(state: PassState): void {
    this.#terms = state.update_count <= 1 && state.offset_count === 0 ? "one" : "any";
    this.#writeUniform(this.buffers.pass, PassState, state);
  }

  /** Submits a forward pass over the current batch. */
  probe(
    batch: PackedBatch,
    plan: PassPlan,
    at: "theta" | "snapshot" = "theta",
    signs: 1 | 2 = 2,
  ): void {
    this.submit((pass) => this.recordProbe(pass, batch, plan, at, signs));
  }

  /** Like `probe`, recorded into commands that hold more. */
  recordProbe(
    pass: Commands,
    { tokens, scored }: PackedBatch,
    plan: PassPlan,
    at: "theta" | "snapshot" = "theta",
    signs: 1 | 2 = 2,
  ): void {
    const forward = at === "theta" ? this.#forward : this.#snapshot?.forward;
    if (!forward) throw new Error("There is no snapshot of the weights.");
    forward.record(pass, { tokens, scored, signs }, { ...plan, terms: this.#terms });
  }

  /** Copies the weights to the snapshot, which is allocated at the first call. */
  takeSnapshot(): void {
    const { device, memory, layout, config, buffers } = this;
    const kernels = this.#kernels;
    this.#snapshot ??= (() => {
      const weights = new Weights(device, config, layout, "snapshot", memory);
      const bound = new BoundKernels(device, memory, planForwardParams(layout));
      return {
        weights,
        forward: new Forward({ config, layout, weights, buffers, kernels, bound }),
      };
    })();
    const encoder = device.createCommandEncoder();
    this.#snapshot.weights.copyFrom(this.weights, encoder);
    device.queue.submit([encoder.finish()]);
  }

  /**
   * Submits a pass that applies the pending terms to the weights.
   *
   * @param dispatchCost of one dispatch, as a multiple of a usual one
   */
  update(plan: PassPlan, dispatchCost = 1): void {
    const terms = this.#terms;
    this.submit((pass) => this.#forward.recordUpdate(pass, { ...plan, terms }), dispatchCost);
  }

  /**
   * Sum of log p over the tokens of each option, at the current weights. No terms may be pending.
   *
   * @returns [options]
   * @throws DeviceLost
   */
  async score(batch: PackedBatch): Promise<Float32Array> {
    this.evaluate(batch, this.#forward);
    const bytes = batch.options * 4;
    return new Float32Array(await this.readback.read(this.buffers.optionSums, 0, bytes));
  }

  /** Submits an unperturbed forward pass of a batch. No terms may be pending. */
  evaluate(batch: PackedBatch, forward: Forward): void {
    this.setPass(noProbe);
    this.setBatch(batch, 1, { probe: 0, accumulates: false, perToken: false });
    const { tokens, scored } = batch;
    this.submit((pass) =>
      forward.record(pass, { tokens, scored, signs: 1 }, { ...evaluationPass, terms: "one" }),
    );
  }

  /** A writer on these weights. Its kernels are compiled at first use. */
  async makeWriter(capacity: WriterCapacity): Promise<Writer> {
    const { device, config } = this;
    const compile = async () => ({
      copyToCache: await compileKernel(device, this.#sources, copyRows, {
        KIND: constants.COPY_TO_CACHE,
      }),
      attentionCached: await compileKernel(device, this.#sources, attentionCached, {
        HEAD_WIDTH: headWidthOf(config),
      }),
    });
    this.#generationKernels ??= compile();
    const own = await this.#generationKernels;
    return new Writer(this, this.#kernels, own, this.memory.part(), capacity);
  }

  /**
   * The input of the head at the scored positions of the last batch: after the final norm and project_out.
   *
   * @returns [scored, wordEmbedProjDim]
   * @throws DeviceLost
   */
  async lastHidden({ scored }: PackedBatch): Promise<Float32Array> {
    const { scoredStream, scoredSide } = this.buffers;
    const { hasFinalLayerNorm, wordEmbedProjDim } = this.config;
    // Each of the two writes its result to the other buffer.
    const turns = Number(hasFinalLayerNorm) + Number(this.layout.matrices.has("project_out"));
    const x = turns % 2 === 0 ? scoredStream : scoredSide;
    return new Float32Array(await this.readback.read(x, 0, scored * wordEmbedProjDim * 4));
  }

  /** Masks by magnitude; their kernels are compiled at first use. */
  masks(): Promise<Masks> {
    const { device, memory, readback, layout, weights, buffers } = this;
    const { chunks, thresholds } = buffers;
    const sources = this.#sources;
    this.#masks ??= Masks.create({
      device,
      sources,
      memory,
      readback,
      layout,
      weights,
      chunks,
      thresholds,
    });
    return this.#masks;
  }

  /** Records dispatches and submits them, at most `dispatchesPerSubmit` usual ones at a time. */
  submit(record: (pass: Commands) => void, dispatchCost = 1): void {
    const most = Math.max(1, Math.floor(this.dispatchesPerSubmit / Math.max(1, dispatchCost)));
    const recorder = new Recorder(this.device, most, this.clock.running);
    record(recorder);
    recorder.submit();
    this.dispatches += recorder.dispatches;
  }

  /**
   * Limits the GPU time of later submits, because the page needs the GPU too. Results do not change.
   *
   * @param dispatchMs measured mean time of a dispatch
   */
  limitSubmitTime(maxMs: number, dispatchMs: number): void {
    this.dispatchesPerSubmit = Math.max(1, Math.floor(maxMs / dispatchMs));
  }

  /** Frees all but the weights. */
  destroy(): void {
    this.readback.destroy();
    this.clock.destroy();
    this.memory.destroy();
  }

  #writeUniform<L extends StructLayout>(buffer: GPUBuffer, layout: L, fields: Fields<L>): void {
    writeStruct(new DataView(this.#scratch), layout, fields);
    this.device.queue.writeBuffer(buffer, 0, this.#scratch, 0, 4 * wordsOf(layout));
  }
}
