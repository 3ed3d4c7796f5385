import type { EncodedExample } from "#data/tasks/task.ts";
import type { Model } from "#model/model.ts";
import type { RunSettings } from "#zo/commonSettings.ts";
import {
  type Evaluation,
  type EvaluationOptions,
  evaluateUnless,
} from "../evaluation/evaluation.ts";
import { evaluationInterval } from "../evaluation/evaluationSteps.ts";
import { type JournalStep, NOT_FINITE } from "../store/journal.ts";
import type { Stepper } from "./stepper.ts";

/** What the training loop needs from its caller. */
export interface TrainerHooks {
  /** Milliseconds since any fixed time. */
  now(): number;
  /** Called with finished steps, in order. Training continues when the promise resolves. */
  onSteps(steps: readonly JournalStep[]): Promise<void>;
  onEvaluation(step: number, evaluation: Evaluation, milliseconds: number): Promise<void>;
  onEvaluating(done: number, total: number): void;
  /** How the validation set is scored. */
  readonly judging: Omit<EvaluationOptions, "onProgress">;
  /** Progress of a step that evaluates many examples (an anchor). */
  onLongStep(done: number, total: number): void;
  /** Called often; true ends the loop after the steps in flight, and abandons an evaluation. */
  isPauseWanted(): boolean;
}

export type TrainingEnd = "finished" | "paused" | "not finite";

/** Time between two read-backs: short enough to feel live, long enough to cost nothing. */
const READ_BACK_MS = 120;
const MAX_GROUP = 64;
/**
 * A submit that keeps the GPU busy for longer makes the page stutter, and drivers reset after seconds.
 *
 * Submits are cut after a number of dispatches, not at the end of a block, which would be too coarse:
 * where a whole step takes too long, so does a block (half a second of the 6 s that a step of OPT-125m
 * takes on a software adapter), and the language-model head, which is in no block, takes as long as
 * several. Among the tens of dispatches of a submit, long and short ones even out.
 */
const SUBMIT_MS = 100;

/**
 * Runs steps until the last one, a pause, or a non-finite loss. Two groups of steps are in flight at a
 * time, so that the GPU never waits for the host; groups grow until one takes about 120 ms.
 *
 * At the end nothing is in flight and nothing is pending: the weights are those of the last step.
 *
 * @param dev the validation set
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
      // An abandoned evaluation is done when the run resumes, even after the last step.
      if (!(await evaluateAt(model, until, dev, hooks))) return "paused";
    }
    if (hooks.isPauseWanted()) return stepper.nextStep < steps ? "paused" : "finished";
  }
  return "finished";
}

/**
 * Evaluates the current weights and reports the result; null, and nothing reported, if a pause was
 * requested before the end.
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
  const pace: Pace = { group: 1, lastRead: hooks.now() };
  while (stepper.nextStep < until && !hooks.isPauseWanted()) {
    if (stepper.needsHostTiming) {
      await stepper.timeParts(hooks.now);
      pace.lastRead = hooks.now();
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
  /** Steps enqueued at a time. */
  group: number;
  /** Time of the last read-back. */
  lastRead: number;
}

/** Runs steps up to a barrier, a long step, or a pause; false after a non-finite loss. */
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

/** Reports finished steps, and adapts the size of groups and submits to the time they took. */
async function take(
  stepper: Stepper,
  waiting: Promise<JournalStep[]>,
  hooks: TrainerHooks,
  pace: Pace,
): Promise<boolean> {
  const finished = await waiting;
  const now = hooks.now();
  const took = now - pace.lastRead;
  pace.lastRead = now;
  if (took < READ_BACK_MS / 2) pace.group = Math.min(pace.group * 2, MAX_GROUP);
  else if (took > READ_BACK_MS * 2) pace.group = Math.max(1, Math.floor(pace.group / 2));
  const milliseconds = finished.length > 0 ? took / finished.length : 0;
  if (milliseconds > 0) stepper.limitSubmitTime(SUBMIT_MS, milliseconds);
  await hooks.onSteps(finished.map((step) => ({ ...step, milliseconds })));
  return !finished.some(({ flags }) => flags & NOT_FINITE);
}

function enqueue(stepper: Stepper, until: number, count: number): void {
  for (let i = 0; i < count && stepper.nextStep < until && !stepper.isNextLong; i++) {
    if (stepper.needsHostTiming) return;
    stepper.enqueue();
  }
}

function nextMultiple(step: number, every: number, most: number): number {
  return Math.min((Math.floor(step / every) + 1) * every, most);
}
