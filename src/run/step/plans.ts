import type { RunSettings } from "#zo/commonSettings.ts";
import type { StepPlan } from "#zo/plan.ts";
import { methodOf } from "#zo/resolveSettings.ts";
import { learningRateAt } from "#zo/schedules.ts";
import { type JournalStep, NOT_FINITE } from "../store/journal.ts";
import type { StepExtra } from "../store/records.ts";

/** The plan of a step, counted from 0. Directions, blocks and kinds depend on settings alone. */
export function planAt(
  settings: RunSettings,
  numBlocks: number,
  step: number,
  annealing = 1,
): StepPlan {
  const schedule = settings.learningRateSchedule;
  const base = settings.learningRate;
  const steps = settings.steps;
  return methodOf(settings).plan(settings, {
    step,
    seed: settings.seed,
    learningRate: learningRateAt(schedule, base, step, steps),
    scheduleFactor: learningRateAt(schedule, 1, step, steps),
    annealing,
    numBlocks,
  });
}

/**
 * The factor on learning rates after these steps.
 *
 * @param epoch steps that make an epoch
 */
export function annealingAfter(
  settings: RunSettings,
  steps: readonly JournalStep[],
  epoch: number,
): number {
  const losses = steps
    .filter(({ flags }) => !(flags & NOT_FINITE))
    .map(({ step, lossPlus, lossMinus }) => ({
      step: step - 1,
      loss: (lossPlus + lossMinus) / 2,
    }));
  return methodOf(settings).annealing(settings, losses, epoch);
}

/** What the log and the panels show of a step besides its losses: from its plan and its record. */
export function extraOf(
  plan: StepPlan,
  { extra }: Pick<JournalStep, "extra">,
): StepExtra | undefined {
  const shown: StepExtra = {
    ...(plan.kind !== undefined ? { kind: plan.kind } : {}),
    ...(plan.activeBlocks !== null ? { active_blocks: plan.activeBlocks } : {}),
    ...(plan.probes.some(({ at }) => at === "snapshot") && extra && extra.length >= 3
      ? {
          snapshot_loss_plus: extra[0]!,
          snapshot_loss_minus: extra[1]!,
          snapshot_projected_grad: extra[2]!,
        }
      : {}),
  };
  return Object.keys(shown).length > 0 ? shown : undefined;
}
