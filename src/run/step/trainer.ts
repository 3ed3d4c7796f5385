import type { EncodedExample } from "#data/tasks/task.ts";
import type { Model } from "#model/model.ts";
import type { RunSettings } from "#zo/commonSettings.ts";
import {
  type Evaluation,
  type EvaluationOptions,
  evaluateUnless,
} from "../evaluation/evaluation.ts";
import { evaluationInterval } from "../evaluation/evaluationInterval.ts";
import { type JournalStep, NOT_FINITE } from "../store/journal.ts";
import type { Stepper } from "./stepper.ts";

/** What a training loop needs from whoever runs it. */
export interface TrainerHooks {
  /** Milliseconds, any origin. */
  now(): number;
  /** Finished steps in order, as soon as they are known. Training goes on when this resolves. */
  onSteps(steps: readonly JournalStep[]): Promise<void>;
  onEvaluation(step: number, evaluation: Evaluation, milliseconds: number): Promise<void>;
  onEvaluating(done: number, total: number): void;
  /** How held-out rows are judged. */
  readonly judging: Omit<EvaluationOptions, "onProgress">;
  /** Parts of a step that looks at many rows (an anchor). */
  onLongStep(done: number, total: number): void;
  /** Asked often; true ends the loop after the steps at hand, or the evaluation at hand. */
  isPauseWanted(): boolean;
}

export type TrainingEnd = "finished" | "paused" | "not finite";

/** Time between two looks at the GPU: short enough to feel live, long enough to cost nothing. */
const LOOK_MS = 120;
const MOST_STEPS_AT_ONCE = 64;
/**
 * A submit that keeps the GPU for longer makes the page itself stutter, and drivers reset at seconds.
 *
 * Submits are cut by counting dispatches, which is finer than cutting where a block ends: where a step
 * is too long at all, so are its parts between two blocks (of OPT-125m's 6 s on a software adapter half
 * a second each), and the head over the vocabulary, which lies in no block, takes as long as several.
 * Within the tens of dispatches of a submit long and short ones even out.
 */
const SUBMIT_MS = 100;

/**
 * Runs steps until the last one, a pause, or a loss that is no number. Two groups of steps are in
 * flight at a time, so the GPU never waits for the host; groups grow until one takes about 120 ms.
 *
 * At the end nothing is in flight and nothing is pending: the weights are those of the last step.
 * @throws DeviceLost
 */
export async function train(
  model: Model,
  stepper: Stepper,
  settings: RunSettings,
  dev: readonly EncodedExample[],
  hooks: TrainerHooks,
): Promise<TrainingEnd> {
  const steps = settings.steps;
  const every = evaluationInterval(settings);
  while (stepper.nextStep < steps) {
    const until = dev.length > 0 ? nextMultiple(stepper.nextStep, every, steps) : steps;
    const end = await runUntil(stepper, until, hooks);
    stepper.flush();
    if (end !== "finished") return end;
    if (dev.length > 0) {
      // One given up is made up for when the run goes on, be it after the last step.
      if (!(await evaluateAt(model, until, dev, hooks))) return "paused";
    }
    if (hooks.isPauseWanted()) return stepper.nextStep < steps ? "paused" : "finished";
  }
  return "finished";
}

/**
 * Evaluates and reports; its own function because it also stands before the first step. Null, and
 * nothing reported, if a pause came in between.
 */
export async function evaluateAt(
  model: Model,
  step: number,
  dev: readonly EncodedExample[],
  hooks: Pick<TrainerHooks, "now" | "onEvaluation" | "onEvaluating" | "judging" | "isPauseWanted">,
): Promise<Evaluation | null> {
  const started = hooks.now();
  const evaluation = await evaluateUnless(model, dev, {
    ...hooks.judging,
    onProgress: (done) => hooks.onEvaluating(done, dev.length),
    isStopped: () => hooks.isPauseWanted(),
  });
  if (evaluation) await hooks.onEvaluation(step, evaluation, hooks.now() - started);
  return evaluation;
}

async function runUntil(
  stepper: Stepper,
  until: number,
  hooks: TrainerHooks,
): Promise<TrainingEnd> {
  const pace = { group: 1, looked: hooks.now() };
  while (stepper.nextStep < until && !hooks.isPauseWanted()) {
    if (stepper.isHostWanted) {
      await stepper.timeParts(hooks.now);
      pace.looked = hooks.now();
    }
    if (stepper.isNextLong) {
      const isWhole = await stepper.enqueueLong({
        onPart: (done, total) => hooks.onLongStep(done, total),
        isPauseWanted: () => hooks.isPauseWanted(),
      });
      if (!isWhole) break;
      if (!(await take(stepper, stepper.collect(), hooks, pace))) return "not finite";
    }
    const barrier = Math.min(until, stepper.barrierAfter(stepper.nextStep));
    if (!(await runShortSteps(stepper, barrier, hooks, pace))) return "not finite";
  }
  return stepper.nextStep < until ? "paused" : "finished";
}

interface Pace {
  /** Steps handed over at a time. */
  group: number;
  /** When results last came back. */
  looked: number;
}

/** Steps up to a barrier, a long step, or a pause; false at a loss that is no number. */
async function runShortSteps(
  stepper: Stepper,
  until: number,
  hooks: TrainerHooks,
  pace: Pace,
): Promise<boolean> {
  enqueue(stepper, until, pace.group);
  while (stepper.inFlight > 0) {
    const waiting = stepper.collect();
    if (!hooks.isPauseWanted()) enqueue(stepper, until, pace.group);
    if (!(await take(stepper, waiting, hooks, pace))) return false;
  }
  return true;
}

/** Passes finished steps on, and sets the pace of the next ones by the time they took. */
async function take(
  stepper: Stepper,
  waiting: Promise<JournalStep[]>,
  hooks: TrainerHooks,
  pace: Pace,
): Promise<boolean> {
  const finished = await waiting;
  const now = hooks.now();
  const took = now - pace.looked;
  pace.looked = now;
  if (took < LOOK_MS / 2) pace.group = Math.min(pace.group * 2, MOST_STEPS_AT_ONCE);
  else if (took > LOOK_MS * 2) pace.group = Math.max(1, Math.floor(pace.group / 2));
  const milliseconds = finished.length > 0 ? took / finished.length : 0;
  if (milliseconds > 0) stepper.keepSubmitsBelow(SUBMIT_MS, milliseconds);
  await hooks.onSteps(finished.map((step) => ({ ...step, milliseconds })));
  return !finished.some(({ flags }) => flags & NOT_FINITE);
}

function enqueue(stepper: Stepper, until: number, count: number): void {
  for (let i = 0; i < count && stepper.nextStep < until && !stepper.isNextLong; i++) {
    if (stepper.isHostWanted) return;
    stepper.enqueue();
  }
}

function nextMultiple(step: number, every: number, most: number): number {
  return Math.min((Math.floor(step / every) + 1) * every, most);
}
