import type { EncodedExample } from "#data/tasks/task.ts";
import { filterKernels } from "#gpu/commands.ts";
import { workDone } from "#gpu/wait.ts";
import { ringRecords } from "#model/buffers.ts";
import { encodeTerms, pendingTerms, type SlottedTerm } from "#model/deltas.ts";
import type { Model } from "#model/model.ts";
import { partOf } from "#model/stepClock.ts";
import { trainableBy } from "#model/trainable.ts";
import type { RunSettings } from "#zo/commonSettings.ts";
import type { Probe, StepPlan } from "#zo/plan.ts";
import { traitsOf } from "#zo/resolveSettings.ts";
import { round16 } from "#zo/rounding.ts";
import { type JournalStep, NOT_FINITE } from "../store/journal.ts";
import { Snapshot } from "./snapshot.ts";
import { countScoredTokens, type Part, partsOf, StepBatches } from "./stepBatches.ts";
import { StepCoefficients } from "./stepCoefficients.ts";
import { type PassStates, passPlans, passStates } from "./stepPasses.ts";
import { StepPlans } from "./stepPlans.ts";
import { readRecords } from "./stepRecords.ts";
import { StepTimes, type TimedStep } from "./stepTimes.ts";

/** A step that the GPU has and the host has not read back. */
interface StepInFlight {
  readonly plan: StepPlan;
  readonly tokens: number;
  readonly forwardPasses: number;
}

/** Called between the parts of a long step. */
export interface LongStepHooks {
  onPart(done: number, total: number): void;
  /** True abandons the step, as if it had not begun. */
  isPauseWanted(): boolean;
}

/** Parts of a long step that are in flight at once. */
const partsAtOnce = 4;

/**
 * Enqueues the steps of a method on the GPU without waiting for them, and reads finished ones back in
 * groups. The update of a step stays pending until the weight passes of the next one apply it.
 */
export class Stepper {
  readonly isPerToken: boolean;
  readonly #model: Model;
  readonly #settings: RunSettings;
  readonly #batches: StepBatches;
  readonly #plans: StepPlans;
  readonly #passPlans: ReturnType<typeof passPlans>;
  readonly #passState: PassStates;
  readonly #coefficients: StepCoefficients;
  readonly #snapshot: Snapshot;
  readonly #times: StepTimes;
  /** Every step read back, from the first of the run. */
  readonly #past: JournalStep[];
  readonly #inFlight: StepInFlight[] = [];
  #next: number;
  #pending: readonly SlottedTerm[] = [];
  /** Terms written to the GPU last. */
  #numWritten = 0;
  /** Dispatches of the last step that was not long. */
  #dispatches = 0;

  /**
   * @param past all steps that the weights have taken
   * @param isPerToken the loss is the mean over the tokens of right options; else options compete
   * @throws ZerothError E-CFG-4 if no parameter is trainable
   */
  constructor(
    model: Model,
    settings: RunSettings,
    examples: readonly EncodedExample[],
    past: readonly JournalStep[],
    isPerToken = false,
  ) {
    const { config, layout } = model;
    const traits = traitsOf(settings);
    const epsilon = round16(settings.epsilon);
    this.isPerToken = isPerToken;
    this.#model = model;
    this.#settings = settings;
    this.#past = [...past];
    this.#next = past.length;
    this.#batches = new StepBatches(examples, settings);
    const { stepsPerEpoch } = this.#batches;
    this.#plans = new StepPlans(settings, config.numHiddenLayers, stepsPerEpoch);
    this.#passPlans = passPlans(layout, trainableBy(settings, config, layout.table));
    this.#passState = passStates(settings);
    this.#coefficients = new StepCoefficients(model, epsilon, traits.gradientClip);
    this.#snapshot = new Snapshot(traits.snapshot);
    this.#times = new StepTimes(model, past.length);
    this.#restore();
  }

  /** The last timed step whose times have been read. */
  get timing(): TimedStep | null {
    return this.#times.latest;
  }

  /** `timeParts` should be called before the next step, as soon as nothing is in flight. */
  get needsHostTiming(): boolean {
    return this.#times.needsHostTiming(this.#next) && !this.isNextLong;
  }

  /** 0-based step that is enqueued next. */
  get nextStep(): number {
    return this.#next;
  }

  /** Number of steps enqueued and not read back. */
  get inFlight(): number {
    return this.#inFlight.length;
  }

  /** The next step evaluates many examples: it is enqueued by `enqueueLong`, with no other in flight. */
  get isNextLong(): boolean {
    return this.#planOf(this.#next).examples === "anchor";
  }

  /** The next step is one of those that are timed by the GPU's clock, if it has one. */
  get isNextTimed(): boolean {
    return StepTimes.isTimed(this.#next);
  }

  /** First step after `step` before which every other must be read back; infinity if there is none. */
  barrierAfter(step: number): number {
    return this.#plans.barrierAfter(step);
  }

  /** Enqueues the next step. At most `ringRecords` may be in flight. */
  enqueue(): void {
    if (this.#inFlight.length >= ringRecords) throw new Error("The ring of steps is full.");
    const next = this.#prepareNext();
    const { dispatches } = this.#model;
    this.#times.record(this.#next, () => {
      for (const part of next.parts) this.#submit(next, part);
    });
    this.#dispatches = this.#model.dispatches - dispatches;
    this.#finish(next);
  }

  /** Enqueues the next step of either kind, in parts if it is long. It cannot be abandoned. */
  async enqueueNext(): Promise<void> {
    if (!this.isNextLong) return this.enqueue();
    await this.enqueueLong({ onPart: () => {}, isPauseWanted: () => false });
  }

  /**
   * Enqueues the next step part by part, waiting in between, so that it can report progress and be
   * abandoned.
   *
   * @returns false if it was abandoned: the weights are those before the step
   */
  async enqueueLong(hooks: LongStepHooks): Promise<boolean> {
    const next = this.#prepareNext();
    if (next.plan.examples === "anchor" && this.#snapshot.isCopy) {
      this.flush();
      this.#model.takeSnapshot();
    }
    for (const [done, part] of next.parts.entries()) {
      if (hooks.isPauseWanted()) return false;
      this.#submit(next, part);
      if ((done + 1) % partsAtOnce === 0) await workDone(this.#model.device);
      hooks.onPart(done + 1, next.parts.length);
    }
    this.#finish(next);
    return true;
  }

  /**
   * Waits for all steps in flight and returns them. A step with a non-finite loss is the last one
   * returned; those after it changed nothing and are dropped, and `nextStep` follows it.
   *
   * @throws DeviceLost
   */
  async collect(): Promise<JournalStep[]> {
    const waiting = this.#inFlight.splice(0);
    const first = this.#next - waiting.length;
    const plans = waiting.map(({ plan }) => plan);
    const [records] = await Promise.all([
      readRecords(this.#model, first, plans),
      this.#times.read(),
    ]);
    const steps = records.map((record, i): JournalStep => {
      const { plan, tokens, forwardPasses } = waiting[i]!;
      const { learningRate } = plan;
      return { ...record, learningRate, tokens, forwardPasses, milliseconds: 0 };
    });
    this.#past.push(...steps);
    if (steps.some(({ flags }) => flags & NOT_FINITE)) this.#goBack();
    return steps;
  }

  /** Applies the pending update: the weights are then those after the last step enqueued. */
  flush(): void {
    if (this.#pending.length === 0) return;
    const pending = this.#writeTerms([]);
    this.#model.setPass(this.#passState(null, pending.length, 0));
    this.#model.update(this.#passPlans(null, pending));
  }

  /**
   * Times the parts of the next step by the host's clock, in milliseconds, if the GPU has none. The
   * weights do not change: pending terms reach only the perturbed copies.
   */
  async timeParts(now: () => number): Promise<void> {
    const { plan, parts } = this.#prepareNext();
    // As in a step, the first part is the one that meets the pending terms.
    const plans = parts.map((_, i) => this.#passPlans(plan, i === 0 ? this.#pending : []));
    await this.#times.timeByHost(this.#next, now, (wanted, times = 1) => {
      const isWanted = (label: string) => partOf(label) === wanted;
      for (const [i, part] of parts.entries()) {
        this.#upload(plan, part, 0, this.#numWritten);
        this.#model.submit((pass) => {
          const some = filterKernels(pass, isWanted);
          for (let n = 0; n < times; n++) {
            this.#model.recordProbe(some, part.batch, plans[i]!, this.#weightsOf(part.probe));
          }
        });
      }
    });
  }

  /** Limits submits to about `mostMs`, given that steps take `stepMs` each. */
  limitSubmitTime(mostMs: number, stepMs: number): void {
    if (this.#dispatches > 0) this.#model.limitSubmitTime(mostMs, stepMs / this.#dispatches);
  }

  #planOf(step: number): StepPlan {
    return this.#plans.at(step, this.#past);
  }

  #prepareNext(): NextStep {
    const plan = this.#planOf(this.#next);
    const examples = this.#batches.examplesOf(plan, this.#next);
    return { plan, examples, parts: partsOf(plan, examples, this.#model.capacity) };
  }

  /** Both signs of a part; the last part of a step also turns its losses into coefficients. */
  #submit({ plan, examples }: NextStep, part: Part): void {
    const isAtSnapshot = part.probe.at === "snapshot";
    const offsets = isAtSnapshot ? this.#snapshot.offsets : [];
    const pending = this.#writeTerms(offsets);
    this.#upload(plan, part, pending.length, offsets.length);
    if (part.isLast) {
      const count = this.isPerToken ? countScoredTokens(examples) : examples.length;
      const slot = this.#snapshot.firstSlotOf(this.#next);
      this.#coefficients.write(this.#next, plan, this.#decayOf(plan), slot, count);
    }
    const passPlan = this.#passPlans(plan, pending);
    this.#model.submit((pass) => {
      this.#model.recordProbe(pass, part.batch, passPlan, this.#weightsOf(part.probe));
      if (part.isLast) this.#coefficients.record(pass);
    });
  }

  #upload(plan: StepPlan, part: Part, updates: number, offsets: number): void {
    const { probe, index, batch, accumulates } = part;
    this.#model.setPass(this.#passState({ plan, probe }, updates, offsets));
    this.#model.setBatch(batch, 2, { probe: index, accumulates, perToken: this.isPerToken });
  }

  /** Writes the pending terms, then the given offsets; after that nothing is pending. */
  #writeTerms(offsets: readonly SlottedTerm[]): readonly SlottedTerm[] {
    const pending = this.#pending;
    this.#pending = [];
    const all = [...pending, ...offsets];
    if (all.length > 0) {
      this.#numWritten = all.length;
      this.#model.device.queue.writeBuffer(this.#model.buffers.terms, 0, encodeTerms(all));
    }
    return pending;
  }

  /** The weights that a probe reads. */
  #weightsOf({ at }: Probe): "theta" | "snapshot" {
    return at === "snapshot" && this.#snapshot.isCopy ? "snapshot" : "theta";
  }

  #decayOf(plan: StepPlan): number {
    return plan.learningRate * this.#settings.weightDecay;
  }

  #termsOf(plan: StepPlan, step: number): readonly SlottedTerm[] {
    return pendingTerms(plan, this.#decayOf(plan), this.#snapshot.firstSlotOf(step));
  }

  /** Makes the terms of the enqueued step pending. */
  #finish({ plan, examples, parts }: NextStep): void {
    this.#pending = this.#termsOf(plan, this.#next);
    this.#snapshot.add(this.#pending, plan.examples === "anchor");
    const batches = Math.ceil(examples.length / this.#settings.batchSize);
    const tokens = parts.reduce((sum, { batch }) => sum + 2 * batch.tokens, 0);
    this.#inFlight.push({ plan, tokens, forwardPasses: 2 * plan.probes.length * batches });
    this.#next++;
  }

  /** Continues after the last step read back; the others in flight changed nothing. */
  #goBack(): void {
    this.#next = this.#past.length;
    this.#pending = [];
    this.#inFlight.length = 0;
    this.#restore();
  }

  /** Puts on the GPU what past steps leave there beside the weights. */
  #restore(): void {
    const { device, buffers } = this.#model;
    const past = this.#past;
    const anchor = past.findLastIndex((_, step) => this.#planOf(step).examples === "anchor");
    // The gradient of an anchor with a non-finite loss is not used by the steps after it.
    const isKnown = anchor >= 0 && !(past[anchor]!.flags & NOT_FINITE);
    const anchorGradient = isKnown ? past[anchor]!.projectedGrad : 0;
    this.#coefficients.restore(anchorGradient, past.at(-1)?.extra?.at(-1) ?? 0);
    this.#snapshot.clear();
    for (const { step, coefficients } of anchor < 0 ? [] : past.slice(anchor)) {
      const plan = this.#planOf(step - 1);
      const slot = this.#snapshot.firstSlotOf(step - 1);
      device.queue.writeBuffer(buffers.coefficients, slot * 4, new Float32Array(coefficients));
      this.#snapshot.add(this.#termsOf(plan, step - 1), plan.examples === "anchor");
    }
  }
}

/** The step that is enqueued next. */
interface NextStep {
  readonly plan: StepPlan;
  readonly examples: readonly EncodedExample[];
  readonly parts: readonly Part[];
}
