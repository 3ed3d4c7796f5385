import { evaluate } from "#run/evaluation/evaluation.ts";
import { headOf, prepareMasks } from "#run/step/runModel.ts";
import { Stepper } from "#run/step/stepper.ts";
import { NOT_FINITE } from "#run/store/journal.ts";
import { withLearningRate } from "#zo/resolveSettings.ts";
import { closeRun } from "./closeRun.ts";
import { fastestLinear } from "./kernelChoice.ts";
import type { CommandOf } from "./protocol.ts";
import type { LearningRateProbe } from "./reports.ts";
import { admitContext, createRunModel, settingsFor } from "./runContext.ts";
import { reportProgress, type SessionState } from "./state.ts";

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
  const data = workspace.requireData();
  await closeRun(session);
  const report = reportProgress(session);
  const { task } = data.inspection.summary;
  await opened.setFormat({ dtype: settings.dtype, head: headOf(task, settings) });
  await admitContext(opened, data, settings);
  const linear = await fastestLinear(session, opened);
  await opened.reload(report);
  const model = await createRunModel(session, opened, data, settings, linear);
  try {
    const thresholds = await prepareMasks(model, settings);
    const { train } = data.inspection;
    const scored = train.slice(0, maxExamples);
    const isPerToken = task.kind !== "classification";
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
  } finally {
    model.destroy();
    await opened.reload(() => {});
  }
}

/** False if a loss was not finite. */
async function runSteps(stepper: Stepper): Promise<boolean> {
  while (stepper.nextStep < stepsEach) {
    if (stepper.isNextLong) {
      await stepper.enqueueLong({ onPart: () => {}, isPauseWanted: () => false });
    } else stepper.enqueue();
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
