import type { Model } from "#model/model.ts";
import { evaluate } from "#run/evaluation/evaluation.ts";
import { evaluationInterval } from "#run/evaluation/evaluationSteps.ts";
import { headOf, prepareMasks } from "#run/step/runModel.ts";
import { Stepper } from "#run/step/stepper.ts";
import { NOT_FINITE } from "#run/store/journal.ts";
import type { RunSettings } from "#zo/commonSettings.ts";
import { traitsOf, withLearningRate } from "#zo/resolveSettings.ts";
import { closeRun } from "./closeRun.ts";
import { fastestLinear } from "./kernelChoice.ts";
import type { OpenData } from "./openData.ts";
import type { CommandOf } from "./protocol.ts";
import type { LearningRateProbe } from "./reports.ts";
import { admitContext, createRunModel, settingsFor } from "./runContext.ts";
import { reportProgress, type SessionState } from "./state.ts";

// Steps on the base weights of which nothing is kept.

/** Learning rates tried, as multiples of the one set. A factor of about three apart, as in papers' grids. */
const FACTORS = [1 / 100, 1 / 30, 1 / 10, 1 / 3, 1, 3, 10, 30, 100];
/** Further rates tried at most, where the best one is the first or the last. */
const MAX_BEYOND = 6;
const MAX_RATE = 1;
const stepsEach = 40;
const maxExamples = 64;

/**
 * Tries learning rates: a short run at each, all from the base weights, along the same directions and
 * batches, scored on the same training examples. While the best is the smallest or the largest of them, one
 * beyond it is tried. The one that lowered the loss most is suggested, or the next smaller one where that
 * was the largest that still worked, which is too close to diverging.
 */
export async function probeLearningRates(
  session: SessionState,
  { settings: given }: CommandOf<"probeLearningRates">,
): Promise<void> {
  const { env, schedule, workspace } = session;
  const opened = workspace.requireModel();
  const settings = settingsFor(opened, {
    ...given,
    steps: stepsEach,
    learningRateSchedule: "constant",
  });
  const report = reportProgress(session);
  await onTrialModel(session, settings, async ({ model, inspection, isPerToken, thresholds }) => {
    const { train } = inspection;
    const scored = train.slice(0, maxExamples);
    const { loss: lossBefore } = await evaluate(model, scored, { isPerToken });
    const points: LearningRateProbe["points"][number][] = [];
    const emit = (isDone: boolean) =>
      env.emit({
        type: "learningRates",
        probe: {
          points: [...points],
          lossBefore,
          stepsEach,
          rows: scored.length,
          suggested: isDone ? suggestion(points, lossBefore) : null,
          isDone,
        },
      });
    emit(false);
    const tryRate = async (learningRate: number) => {
      await opened.reload(() => {});
      await prepareMasks(model, settings, thresholds);
      const tried = withLearningRate(settings, learningRate);
      const areFinite = await runSteps(new Stepper(model, tried, train, [], isPerToken));
      const { loss } = await evaluate(model, scored, { isPerToken });
      points.push({ learningRate, loss: areFinite && Number.isFinite(loss) ? loss : null });
      points.sort((a, b) => a.learningRate - b.learningRate);
      emit(false);
    };
    const left = [...ratesAround(settings.learningRate)];
    for (let done = 0; !schedule.isCancelled; done++) {
      const rate = left.shift() ?? rateBeyond(points);
      if (rate === null) break;
      const total = Math.max(done + 1, FACTORS.length);
      report({ label: "Trying learning rates", done, total, unit: "steps" });
      await tryRate(rate);
    }
    emit(true);
  });
}

/** Steps timed of each kind; the first of a kind is not counted, because drivers compile in it. */
const STEPS_TIMED = 4;
/** Milliseconds after which no further step is timed, once there is one of each kind. */
const LONG_MS = 4000;

/**
 * Estimates the time of a run of the open model on the open data from a few timed steps and one
 * evaluation of some examples; nothing is kept.
 */
export async function estimateTime(
  session: SessionState,
  { settings: given }: CommandOf<"estimateTime">,
): Promise<void> {
  const { env, workspace } = session;
  const opened = workspace.requireModel();
  const settings = settingsFor(opened, given);
  await onTrialModel(session, settings, async ({ model, inspection, isPerToken }) => {
    const { dev } = inspection;
    // Anchors evaluate all training examples: some are timed, and the rest is in proportion.
    const train = inspection.train.slice(0, Math.max(maxExamples, settings.batchSize));
    const stepper = new Stepper(model, settings, train, [], isPerToken);
    const times = await timeSteps(stepper, settings, () => env.now());
    const { snapshot, anchorExamples } = traitsOf(settings);
    const numAnchors = snapshot ? Math.ceil(settings.steps / snapshot.interval) : 0;
    const perAnchor = Math.min(anchorExamples || Number.POSITIVE_INFINITY, inspection.train.length);
    const anchorMs = times.anchor * (perAnchor / Math.min(perAnchor, train.length));
    const stepsMs = numAnchors * anchorMs + (settings.steps - numAnchors) * times.batch;
    const some = dev.slice(0, maxExamples);
    const started = env.now();
    await evaluate(model, some, { isPerToken, tokenizer: opened.tokenizer });
    const perExampleMs = (env.now() - started) / Math.max(1, some.length);
    const evaluations = 1 + Math.ceil(settings.steps / evaluationInterval(settings));
    const evaluationSeconds = (evaluations * dev.length * perExampleMs) / 1000;
    env.emit({
      type: "timeEstimate",
      estimate: {
        seconds: stepsMs / 1000 + evaluationSeconds,
        secondsPerStep: stepsMs / 1000 / settings.steps,
        evaluationSeconds,
        stepsTimed: times.count,
      },
    });
  });
}

/** Mean milliseconds of a step on a batch and of an anchor (0 where there is none), and the steps timed. */
async function timeSteps(
  stepper: Stepper,
  { steps }: RunSettings,
  now: () => number,
): Promise<{ readonly batch: number; readonly anchor: number; readonly count: number }> {
  const batch: number[] = [];
  const anchor: number[] = [];
  const started = now();
  const isEnough = () => {
    const most = Math.max(batch.length, anchor.length);
    const isEach = batch.length > 1 && (anchor.length === 0 || anchor.length > 1);
    return most > STEPS_TIMED || (isEach && now() - started > LONG_MS);
  };
  while (stepper.nextStep < steps && !isEnough()) {
    const before = now();
    const times = stepper.isNextLong ? anchor : batch;
    await stepper.enqueueNext();
    await stepper.collect();
    times.push(now() - before);
  }
  stepper.flush();
  const meanOf = (all: readonly number[]) => {
    const counted = all.length > 1 ? all.slice(1) : all;
    return counted.reduce((sum, ms) => sum + ms, 0) / Math.max(1, counted.length);
  };
  return { batch: meanOf(batch), anchor: meanOf(anchor), count: batch.length + anchor.length };
}

interface Trial {
  readonly model: Model;
  readonly inspection: OpenData["inspection"];
  readonly isPerToken: boolean;
  /** Of the masks, which are set. */
  readonly thresholds: readonly number[] | undefined;
}

/** Runs an action on the base weights with the model of a run, which is not stored; then restores them. */
async function onTrialModel(
  session: SessionState,
  settings: RunSettings,
  action: (trial: Trial) => Promise<void>,
): Promise<void> {
  const { workspace } = session;
  const opened = workspace.requireModel();
  const data = workspace.requireData();
  const { inspection } = data;
  const { task } = inspection.summary;
  await closeRun(session);
  await opened.setFormat({ dtype: settings.dtype, head: headOf(task, settings) });
  await admitContext(opened, data, settings);
  const linear = await fastestLinear(session, opened);
  await opened.reload(reportProgress(session));
  const model = await createRunModel(session, opened, data, settings, linear);
  try {
    const thresholds = await prepareMasks(model, settings);
    await action({ model, inspection, isPerToken: task.kind !== "classification", thresholds });
  } finally {
    model.destroy();
    await opened.reload(() => {});
  }
}

/** False if a loss was not finite. */
async function runSteps(stepper: Stepper): Promise<boolean> {
  while (stepper.nextStep < stepsEach) {
    await stepper.enqueueNext();
    if (stepper.inFlight < 8 && stepper.nextStep < stepsEach) continue;
    const steps = await stepper.collect();
    if (steps.some(({ flags }) => flags & NOT_FINITE)) return false;
  }
  stepper.flush();
  return true;
}

type Points = LearningRateProbe["points"];

function ratesAround(learningRate: number): readonly number[] {
  const rates = FACTORS.map((factor) => Number((learningRate * factor).toPrecision(2)));
  return [...new Set(rates.filter((rate) => rate > 0 && rate <= MAX_RATE))];
}

/**
 * A learning rate beyond those tried, where the lowest loss is at the smallest or the largest of them; null
 * where it lies between, or enough were tried.
 *
 * @param points ascending
 */
export function rateBeyond(points: Points): number | null {
  const [first, last] = [points[0], points.at(-1)];
  if (!first || !last || points.length >= FACTORS.length + MAX_BEYOND) return null;
  const losses = points.map(({ loss }) => loss ?? Number.POSITIVE_INFINITY);
  const best = losses.indexOf(Math.min(...losses));
  const beyond =
    best === 0
      ? first.learningRate / 3
      : best === points.length - 1
        ? last.learningRate * 3
        : Number.NaN;
  const rate = Number(beyond.toPrecision(2));
  return rate > 0 && rate <= MAX_RATE ? rate : null;
}

function suggestion(points: Points, lossBefore: number): number | null {
  let best: number | null = null;
  let lowest = lossBefore;
  points.forEach(({ loss }, i) => {
    if (loss === null || loss >= lowest) return;
    lowest = loss;
    best = i;
  });
  if (best === null) return null;
  const next = points[best + 1];
  const isEdge = next !== undefined && (next.loss === null || next.loss > lossBefore);
  return points[isEdge && best > 0 ? best - 1 : best]!.learningRate;
}
