import { evaluate } from "#run/evaluation/evaluation.ts";
import { headOf, prepareMasks } from "#run/step/runModel.ts";
import { Stepper } from "#run/step/stepper.ts";
import { NOT_FINITE } from "#run/store/journal.ts";
import { resolveSettings, withLearningRate } from "#zo/resolveSettings.ts";
import { closeRun } from "./closeRun.ts";
import { fastestLinear } from "./kernelChoice.ts";
import type { CommandOf } from "./protocol.ts";
import type { LearningRateProbe } from "./reports.ts";
import { admitContext, createRunModel } from "./runContext.ts";
import { reportProgress, type SessionState } from "./state.ts";

/** Learning rates tried, as multiples of the one set. A factor of about three apart, as in papers' grids. */
const factors = [1 / 100, 1 / 30, 1 / 10, 1 / 3, 1, 3, 10, 30, 100];
const stepsEach = 40;
const maxExamples = 64;

/**
 * Tries learning rates: a short run at each, all from the base weights, along the same directions and
 * batches, scored on the same training examples. The one that lowered the loss most is suggested, or the
 * next smaller one where that was the largest that still worked, which is too close to diverging.
 */
export async function probeLearningRates(
  session: SessionState,
  { settings: given }: CommandOf<"probeLearningRates">,
): Promise<void> {
  const { env, schedule, workspace } = session;
  const settings = resolveSettings({
    ...given,
    steps: stepsEach,
    learningRateSchedule: "constant",
  });
  const opened = workspace.requireModel();
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
    for (const [i, factor] of factors.entries()) {
      if (schedule.isCancelled) break;
      report({ label: "Trying learning rates", done: i, total: factors.length, unit: "steps" });
      const learningRate = Number((settings.learningRate * factor).toPrecision(2));
      await opened.reload(() => {});
      await prepareMasks(model, settings, thresholds);
      const tried = withLearningRate(settings, learningRate);
      const areFinite = await runSteps(new Stepper(model, tried, train, [], isPerToken));
      const { loss } = await evaluate(model, scored, { isPerToken });
      points.push({ learningRate, loss: areFinite && Number.isFinite(loss) ? loss : null });
      emit(false);
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

function suggestion(
  points: readonly { readonly learningRate: number; readonly loss: number | null }[],
  lossBefore: number,
): number | null {
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
