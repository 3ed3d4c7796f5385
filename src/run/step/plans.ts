import { annealingFactor } from "#zo/annealing.ts";
import type { Method } from "#zo/methods/method.ts";
import type { StepPlan } from "#zo/plan.ts";
import { learningRateAt, schedules } from "#zo/schedules.ts";
import { choiceSetting, numberSetting, type SettingValues } from "#zo/settings.ts";
import { type JournalStep, NOT_FINITE } from "../store/journal.ts";
import type { StepExtra } from "../store/records.ts";

/** The plan of a step, counted from 0. Directions, blocks and kinds depend on settings alone. */
export function planAt(
  method: Method,
  settings: SettingValues,
  numBlocks: number,
  step: number,
  annealing = 1,
): StepPlan {
  const schedule = choiceSetting(settings, "learningRateSchedule", schedules);
  const base = numberSetting(settings, "learningRate");
  const steps = numberSetting(settings, "steps");
  return method.plan(settings, {
    step,
    seed: numberSetting(settings, "seed"),
    learningRate: learningRateAt(schedule, base, step, steps),
    scheduleFactor: learningRateAt(schedule, 1, step, steps),
    annealing,
    numBlocks,
  });
}

/**
 * What learning rates have been annealed to after these steps.
 *
 * @param epoch steps that make an epoch
 */
export function annealingAfter(
  settings: SettingValues,
  steps: readonly JournalStep[],
  epoch: number,
): number {
  const { annealFactor: alpha, annealThreshold: kappa, svrgQ: q } = settings;
  if (typeof alpha !== "number" || typeof kappa !== "number" || typeof q !== "number") return 1;
  const losses = steps
    .filter(({ step, flags }) => (step - 1) % q !== 0 && !(flags & NOT_FINITE))
    .map(({ lossPlus, lossMinus }) => (lossPlus + lossMinus) / 2);
  return annealingFactor(losses, epoch, kappa, alpha);
}

/** What a step's method shows of itself, from its plan and what came back of it. */
export function extraOf(
  plan: StepPlan,
  { extra }: Pick<JournalStep, "extra">,
): StepExtra | undefined {
  const shown: StepExtra = {
    ...(plan.kind !== undefined ? { kind: plan.kind } : {}),
    ...(plan.activeBlocks !== null ? { active_blocks: plan.activeBlocks } : {}),
    ...(plan.kind === "mini" && extra && extra.length >= 3
      ? {
          snapshot_loss_plus: extra[0]!,
          snapshot_loss_minus: extra[1]!,
          snapshot_projected_grad: extra[2]!,
        }
      : {}),
  };
  return Object.keys(shown).length > 0 ? shown : undefined;
}
