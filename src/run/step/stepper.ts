import { type BatchPlan, batchPlan } from "#data/examples/batches.ts";
import type { EncodedExample } from "#data/tasks/task.ts";
import { type BoundKernel, dispatch } from "#gpu/boundKernels.ts";
import { packStruct } from "#gpu/card.ts";
import type { Commands } from "#gpu/commands.ts";
import { filterKernels } from "#gpu/commands.ts";
import { coefficients } from "#gpu/kernels.gen.ts";
import { workDone } from "#gpu/wait.ts";
import { maxTerms, recordWords, ringRecords } from "#model/buffers.ts";
import {
  encodePrograms,
  encodeTerms,
  inverseTerms,
  pendingTerms,
  programWords,
  type SlottedTerm,
} from "#model/deltas.ts";
import type { Model } from "#model/model.ts";
import { partOf } from "#model/stepClock.ts";
import { trainableBy } from "#model/trainable.ts";
import type { RunSettings } from "#zo/commonSettings.ts";
import { ranked } from "#zo/draws.ts";
import type { MethodTraits } from "#zo/methods/method.ts";
import type { Probe, StepPlan } from "#zo/plan.ts";
import { traitsOf } from "#zo/resolveSettings.ts";
import { round16 } from "#zo/round16.ts";
import { type JournalStep, NOT_FINITE } from "../store/journal.ts";
import { passPlans } from "./passPlan.ts";
import { type PassStates, passStates } from "./passStates.ts";
import { annealingAfter, planAt } from "./plans.ts";
import { readRing } from "./ring.ts";
import { type Part, partsOf, scoredTokens } from "./stepParts.ts";
import { readRecord, SKIPPED } from "./stepRecordWords.ts";
import { StepTimes, type TimedStep } from "./stepTimes.ts";

/** What the host knows of a step it has handed over and not yet read back. */
interface Enqueued {
  readonly plan: StepPlan;
  readonly tokens: number;
  readonly forwardPasses: number;
}

/** Told while a long step is handed over; true gives it up, as if it had not begun. */
export interface LongStepHooks {
  onPart(done: number, total: number): void;
  isPauseWanted(): boolean;
}

/** `registers` of `zo/coefficients.wgsl`. */
const registers = { anchor: 16, halted: 17, meanAbs: 18 } as const;
const partsAtOnce = 4;

/**
 * Hands steps of a method to the GPU without waiting for them, and reads finished ones back in
 * batches. The update of a step stays pending until the next step's weight passes apply it.
 */
export class Stepper {
  readonly #model: Model;
  readonly #settings: RunSettings;
  readonly #traits: MethodTraits;
  readonly #examples: readonly EncodedExample[];
  readonly isPerToken: boolean;
  readonly #batches: BatchPlan;
  readonly #passPlans: ReturnType<typeof passPlans>;
  readonly #passState: PassStates;
  readonly #seed: number;
  readonly #epsilon: number;
  readonly #coefficients: BoundKernel;
  readonly #queue: Enqueued[] = [];
  readonly #past: JournalStep[];
  /** Terms since the last anchor, oldest first: what separates the weights from the snapshot. */
  #sinceAnchor: SlottedTerm[] = [];
  #pending: readonly SlottedTerm[] = [];
  /** Terms that were written last. */
  #written = 0;
  #next: number;
  readonly #times: StepTimes;
  #planned: { readonly step: number; readonly past: number; readonly plan: StepPlan } | null = null;
  /** Of the last step handed over that was not long. */
  #dispatches = 0;

  /**
   * @param past steps the weights have already taken, all of them; the run goes on after them
   * @param isPerToken the loss is the mean over the right options' tokens; else options compete
   * @throws ZerothError E-CFG-1 if no parameter is trainable
   */
  constructor(
    model: Model,
    settings: RunSettings,
    examples: readonly EncodedExample[],
    past: readonly JournalStep[],
    isPerToken = false,
  ) {
    this.isPerToken = isPerToken;
    this.#model = model;
    this.#settings = settings;
    this.#traits = traitsOf(settings);
    this.#examples = examples;
    this.#past = [...past];
    this.#next = past.length;
    this.#seed = settings.seed;
    this.#epsilon = round16(settings.epsilon);
    this.#passState = passStates(settings);
    const isTrainable = trainableBy(settings, model.config, model.layout.table);
    this.#passPlans = passPlans(model.layout, isTrainable);
    const n = examples.length;
    const order = (epoch: number) => ranked(this.#seed, "shuffle", epoch, n);
    this.#batches = batchPlan(order, n, settings.batchSize);
    const b = model.buffers;
    const uniform = { buffer: b.coefficientState };
    this.#coefficients = model.bound.bindUniform(model.coefficientsKernel, uniform, {
      programs: b.programs,
      loss_sums: b.lossSums,
      registers: b.registers,
      coefficients: b.coefficients,
      ring: b.ring,
    });
    this.#times = new StepTimes(model, past.length);
    this.#recall();
  }

  /** The step timed last whose times have come back. */
  get timing(): TimedStep | null {
    return this.#times.latest;
  }

  /** Once nothing is in flight, `timeParts` should be called before the next step. */
  get isHostWanted(): boolean {
    return this.#times.isHostWanted(this.#next) && !this.isNextLong;
  }

  /** 0-based step that `enqueue` takes next. */
  get nextStep(): number {
    return this.#next;
  }

  /** Steps handed over and not read back. */
  get inFlight(): number {
    return this.#queue.length;
  }

  /** The next step looks at many rows: it is handed over by `enqueueLong`, alone. */
  get isNextLong(): boolean {
    return this.#plan(this.#next).examples === "anchor";
  }

  /** The next step is one of those whose parts are timed, where there is a clock. */
  get isNextTimed(): boolean {
    return StepTimes.isTimed(this.#next);
  }

  /** First step at or after `step` before which everything must have come back (annealing); or none. */
  barrierAfter(step: number): number {
    if (!this.#traits.annealsByEpoch) return Number.POSITIVE_INFINITY;
    const epoch = this.#batches.batchesPerEpoch;
    return (Math.floor(step / epoch) + 1) * epoch;
  }

  /** Hands the next step to the GPU. At most `ringRecords` may be in flight. */
  enqueue(): void {
    if (this.#queue.length >= ringRecords) throw new Error("The ring of steps is full.");
    const plan = this.#plan(this.#next);
    const batch = this.#rowsOf(plan, this.#next);
    const parts = partsOf(plan, batch, this.#model.capacity);
    const { dispatches } = this.#model;
    this.#times.record(this.#next, () => {
      for (const part of parts) this.#handOver(plan, batch, part);
    });
    this.#dispatches = this.#model.dispatches - dispatches;
    this.#finish(plan, batch, parts);
  }

  /**
   * Times the parts of the next step by the host's clock, in milliseconds, where the GPU has none. The
   * weights stay as they are: what is pending is seen by the probe alone.
   */
  async timeParts(now: () => number): Promise<void> {
    const plan = this.#plan(this.#next);
    const parts = partsOf(plan, this.#rowsOf(plan, this.#next), this.#model.capacity);
    // As in a step: what is pending is met by its first part.
    const passPlans = parts.map((_, i) => this.#passPlans(plan, i === 0 ? this.#pending : []));
    await this.#times.askHost(this.#next, now, (wanted, times = 1) => {
      const isWanted = (label: string) => partOf(label) === wanted;
      for (const [i, { probe, index, rows, accumulates }] of parts.entries()) {
        this.#model.setPass(this.#passState({ plan, probe }, 0, this.#written));
        this.#model.setBatch(rows, 2, { probe: index, accumulates, perToken: this.isPerToken });
        const at = this.#isCopied(probe) ? "snapshot" : "theta";
        this.#model.submit((pass) => {
          const some = filterKernels(pass, isWanted);
          for (let n = 0; n < times; n++) {
            this.#model.recordProbe(some, rows, passPlans[i]!, at);
          }
        });
      }
    });
  }

  /** Holds submits to about that time, now that steps are known to take `stepMs` each. */
  keepSubmitsBelow(mostMs: number, stepMs: number): void {
    if (this.#dispatches > 0) this.#model.keepSubmitsBelow(mostMs, stepMs / this.#dispatches);
  }

  /**
   * As `enqueue`, part by part and waiting in between, so that it can be watched and given up.
   *
   * @returns false if it was given up: the weights are those before the step, and nothing is kept
   */
  async enqueueLong(hooks: LongStepHooks): Promise<boolean> {
    const plan = this.#plan(this.#next);
    const batch = this.#rowsOf(plan, this.#next);
    const parts = partsOf(plan, batch, this.#model.capacity);
    if (plan.examples === "anchor") this.#takeSnapshot();
    for (const [done, part] of parts.entries()) {
      if (hooks.isPauseWanted()) return false;
      this.#handOver(plan, batch, part);
      if ((done + 1) % partsAtOnce === 0) await workDone(this.#model.device);
      hooks.onPart(done + 1, parts.length);
    }
    this.#finish(plan, batch, parts);
    return true;
  }

  /**
   * Waits for everything handed over and returns it. A step whose loss was no number ends the list;
   * what came after it changed nothing and is forgotten, and `nextStep` goes back to follow it.
   *
   * @throws DeviceLost
   */
  async collect(): Promise<JournalStep[]> {
    const waiting = this.#queue.splice(0);
    const first = this.#next - waiting.length;
    const [words] = await Promise.all([
      readRing(this.#model, first, waiting.length),
      this.#times.read(),
    ]);
    const steps: JournalStep[] = [];
    for (const [i, { plan, tokens, forwardPasses }] of waiting.entries()) {
      const record = readRecord(words, i * recordWords, plan);
      if (record.step !== first + i + 1) throw new Error(`Step ${first + i + 1} was not written.`);
      if (record.flags & SKIPPED) break;
      const { learningRate } = plan;
      steps.push({ ...record, learningRate, tokens, forwardPasses, milliseconds: 0 });
    }
    this.#past.push(...steps);
    if (steps.some(({ flags }) => flags & NOT_FINITE)) this.#goBack();
    return steps;
  }

  /** Applies what is pending, so that the weights are those after the last step handed over. */
  flush(): void {
    if (this.#pending.length === 0) return;
    const pending = this.#takePending([]);
    this.#model.setPass(this.#passState(null, pending.length, 0));
    this.#model.update(this.#passPlans(null, pending));
  }

  /** Brings back what earlier steps left on the GPU beside the weights. */
  #recall(): void {
    const { device, buffers } = this.#model;
    this.#sinceAnchor = [];
    const values = new Float32Array(32);
    const last = this.#past.at(-1);
    if (this.#traits.gradientClip > 0 && last?.extra)
      values[registers.meanAbs] = last.extra.at(-1) ?? 0;
    const anchor = this.#past.findLastIndex((_, step) => this.#plan(step).examples === "anchor");
    // An anchor whose loss was no number says nothing of the steps after it.
    const isKnown = anchor >= 0 && !(this.#past[anchor]!.flags & NOT_FINITE);
    if (isKnown) values[registers.anchor] = this.#past[anchor]!.projectedGrad;
    device.queue.writeBuffer(buffers.registers, 0, values);
    for (const { step, coefficients } of anchor < 0 ? [] : this.#past.slice(anchor)) {
      const slot = this.#slotOf(step - 1);
      device.queue.writeBuffer(buffers.coefficients, slot * 4, new Float32Array(coefficients));
      this.#remember(this.#plan(step - 1), step - 1);
    }
  }

  #remember(plan: StepPlan, step: number): void {
    if (this.#traits.snapshot === null) return;
    const terms = pendingTerms(plan, this.#decay(plan), this.#slotOf(step));
    this.#sinceAnchor = plan.examples === "anchor" ? terms : [...this.#sinceAnchor, ...terms];
  }

  #slotOf(step: number): number {
    const { snapshot } = this.#traits;
    if (snapshot === null) return 0;
    // Coefficients since the last anchor are still read; every step of the interval has its own slots.
    return (step % snapshot.interval) * Math.floor(maxTerms / snapshot.interval);
  }

  /** To right after the last step that came back; what else was handed over changed nothing. */
  #goBack(): void {
    this.#next = this.#past.length;
    this.#pending = [];
    this.#queue.length = 0;
    this.#recall();
  }

  /** Asked for several times a step; what has come back since decides the annealing. */
  #plan(step: number): StepPlan {
    const known = this.#planned;
    if (known?.step === step && known.past === this.#past.length) return known.plan;
    const { numHiddenLayers } = this.#model.config;
    const annealing = this.#annealing(step);
    const plan = planAt(this.#settings, numHiddenLayers, step, annealing);
    this.#planned = { step, past: this.#past.length, plan };
    return plan;
  }

  /** Decided by what had come back at the last barrier alone, whatever the GPU's speed. */
  #annealing(step: number): number {
    if (this.barrierAfter(step) === Number.POSITIVE_INFINITY) return 1;
    const epoch = this.#batches.batchesPerEpoch;
    return annealingAfter(this.#settings, this.#past.slice(0, step - (step % epoch)), epoch);
  }

  #rowsOf(plan: StepPlan, step: number): readonly EncodedExample[] {
    if (plan.examples === "batch")
      return this.#batches.batchAt(step).map((i) => this.#examples[i]!);
    const wanted = this.#traits.anchorExamples;
    if (wanted === 0 || wanted >= this.#examples.length) return this.#examples;
    const order = ranked(this.#seed, "shuffle", 0, this.#examples.length);
    return order.slice(0, wanted).map((i) => this.#examples[i]!);
  }

  /** Both signs of a part; after the last one, its losses become coefficients in the same submit. */
  #handOver(plan: StepPlan, batch: readonly EncodedExample[], part: Part): void {
    const { probe, index, rows, accumulates, isLast } = part;
    const isCopy = this.#isCopied(probe);
    const back = probe.at === "snapshot" && !isCopy ? inverseTerms(this.#sinceAnchor) : [];
    const pending = this.#takePending(back);
    this.#model.setPass(this.#passState({ plan, probe }, pending.length, back.length));
    this.#model.setBatch(rows, 2, { probe: index, accumulates, perToken: this.isPerToken });
    if (isLast) this.#writePrograms(plan, batch);
    const passPlan = this.#passPlans(plan, pending);
    this.#model.submit((pass: Commands) => {
      this.#model.recordProbe(pass, rows, passPlan, isCopy ? "snapshot" : "theta");
      if (isLast) dispatch(pass, this.#coefficients, 1);
    });
  }

  #isCopied({ at }: Probe): boolean {
    return at === "snapshot" && this.#traits.snapshot?.kind === "copy";
  }

  /** The weights as they stand become the snapshot, where it is kept as a copy. */
  #takeSnapshot(): void {
    if (this.#traits.snapshot?.kind !== "copy") return;
    this.flush();
    this.#model.takeSnapshot();
  }

  /** The terms of the step before, written with those that follow; none pending after that. */
  #takePending(offsets: readonly SlottedTerm[]): readonly SlottedTerm[] {
    const pending = this.#pending;
    this.#pending = [];
    const all = [...pending, ...offsets];
    if (all.length > 0) {
      this.#written = all.length;
      this.#model.device.queue.writeBuffer(this.#model.buffers.terms, 0, encodeTerms(all));
    }
    return pending;
  }

  #decay(plan: StepPlan): number {
    return plan.learningRate * this.#settings.weightDecay;
  }

  /** How the step's losses become its coefficients. */
  #writePrograms(plan: StepPlan, batch: readonly EncodedExample[]): void {
    const step = this.#next;
    const { device, buffers } = this.#model;
    const programs = encodePrograms(plan, this.#decay(plan), this.#slotOf(step));
    device.queue.writeBuffer(buffers.programs, 0, programs);
    const params = packStruct(coefficients.params, {
      step: step + 1,
      probes: plan.probes.length,
      programs: programs.length / programWords,
      record: step % ringRecords,
      keeps_anchor: Number(plan.examples === "anchor"),
      count: this.isPerToken ? scoredTokens(batch) : batch.length,
      epsilon: this.#epsilon,
      clip: this.#traits.gradientClip,
    });
    device.queue.writeBuffer(buffers.coefficientState, 0, params);
  }

  /** The step's delta is pending from here on. */
  #finish(plan: StepPlan, batch: readonly EncodedExample[], parts: readonly Part[]): void {
    const step = this.#next++;
    this.#pending = pendingTerms(plan, this.#decay(plan), this.#slotOf(step));
    this.#remember(plan, step);
    const batches = Math.ceil(batch.length / this.#settings.batchSize);
    const tokens = parts.reduce((sum, { rows }) => sum + 2 * rows.tokens, 0);
    this.#queue.push({ plan, tokens, forwardPasses: 2 * plan.probes.length * batches });
  }
}
