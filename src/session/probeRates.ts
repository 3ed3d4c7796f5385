import { evaluate } from "#run/evaluation/evaluation.ts";
import { Stepper } from "#run/step/stepper.ts";
import { NOT_FINITE } from "#run/store/journal.ts";
import { resolveSettings, withLearningRate } from "#zo/resolveSettings.ts";
import type { SettingValues } from "#zo/settings.ts";
import { type Desk, dataOf, deviceOf, modelOf, progressTo } from "./desk.ts";
import { headOf } from "./headOf.ts";
import { fastestLinear } from "./kernelChoice.ts";
import { leaveRun } from "./leaving.ts";
import { storeAs } from "./openModel.ts";
import type { LearningRateProbe } from "./protocol.ts";
import { prepareMasks } from "./sparsity.ts";
import { admit, makeOpt } from "./starting.ts";

/** Rates tried, as multiples of the one set. A factor of about three apart, as papers' grids are. */
const factors = [1 / 100, 1 / 30, 1 / 10, 1 / 3, 1, 3, 10, 30, 100];
const stepsEach = 40;
const maxRows = 64;

/**
 * Tries learning rates: a short run at each, all from the base weights, along the same directions and
 * batches, judged on the same fixed training rows. The one that lowered the loss most is suggested,
 * or the next smaller one where that was the largest that still worked: the edge is no place to stay.
 */
export async function probeLearningRates(
  desk: Desk,
  given: SettingValues,
  isCancelled: () => boolean,
): Promise<void> {
  const settings = resolveSettings({
    ...given,
    steps: stepsEach,
    learningRateSchedule: "constant",
  });
  const model = modelOf(desk);
  const data = dataOf(desk);
  await leaveRun(desk);
  const device = await deviceOf(desk);
  const report = progressTo(desk);
  const head = headOf(data.inspection.summary.task, settings);
  await storeAs(model, settings.dtype, head);
  await admit(device, model, data, settings);
  const linear = await fastestLinear(desk, device, model);
  await model.reload(report);
  const opt = await makeOpt(desk, device, model, data, settings, linear);
  try {
    const thresholds = await prepareMasks(opt, settings);
    const { train } = data.inspection;
    const rows = train.slice(0, maxRows);
    const isPerToken = data.inspection.summary.task.kind !== "classification";
    const { loss: lossBefore } = await evaluate(opt, rows, { isPerToken });
    const base = settings.learningRate;
    const points: LearningRateProbe["points"][number][] = [];
    const tell = (isDone: boolean) => {
      const suggested = isDone ? suggestion(points, lossBefore) : null;
      const probe = {
        points: [...points],
        lossBefore,
        stepsEach,
        rows: rows.length,
        suggested,
        isDone,
      };
      desk.env.emit({ type: "learningRates", probe });
    };
    tell(false);
    for (const [i, factor] of factors.entries()) {
      if (isCancelled()) break;
      report({ label: "Trying learning rates", done: i, total: factors.length, unit: "steps" });
      const learningRate = tidy(base * factor);
      await model.reload(() => {});
      await prepareMasks(opt, settings, thresholds);
      const rates = withLearningRate(settings, learningRate);
      const stepper = new Stepper(opt, rates, train, [], isPerToken);
      const isSound = await runSteps(stepper);
      const { loss } = await evaluate(opt, rows, { isPerToken });
      points.push({ learningRate, loss: isSound && Number.isFinite(loss) ? loss : null });
      tell(false);
    }
    tell(true);
  } finally {
    opt.destroy();
    await model.reload(() => {});
    model.isBase = true;
  }
}

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

/** To two digits: 3.3e-7, not 3.3333e-7. */
function tidy(rate: number): number {
  return Number(rate.toPrecision(2));
}
