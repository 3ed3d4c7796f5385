import type { z } from "#base/schema.ts";
import { noiseKinds } from "./noise.ts";
import { schedules } from "./schedules.ts";
import { choice, integer, number, text, toggle } from "./settings.ts";

/** Settings of every method, in the order of the form. Names are MeZO's and Hugging Face's. */
export const commonSettings = {
  steps: integer({
    flag: "steps",
    runPy: "max_steps",
    label: "Steps",
    default: 1000,
    min: 1,
    max: 10_000_000,
    help: "How many updates to make. Zeroth-order methods need many cheap steps: the papers use 20,000, most of the gain comes in the first thousands.",
    source: "A first look; MeZO's tables use 20,000",
  }),
  batchSize: integer({
    flag: "batch-size",
    runPy: "per_device_train_batch_size",
    label: "Batch size",
    default: 16,
    min: 1,
    max: 4096,
    help: "Rows whose loss is compared in each step. Larger batches make the comparison less noisy.",
    source: "MeZO, Table 16",
  }),
  learningRate: number({
    flag: "lr",
    runPy: "learning_rate",
    label: "Learning rate",
    default: 1e-6,
    min: 0,
    max: 1,
    help: "Size of a step. Too large and the loss climbs within tens of steps, too small and nothing moves. Small models want larger rates: about 5e-6 for OPT-125m, 1e-6 for 2.7b.",
    source: "MeZO, Table 16: 1e-6 or 1e-7 for 13b",
  }),
  learningRateSchedule: choice(named(schedules), {
    flag: "lr-schedule",
    runPy: "lr_scheduler_type",
    label: "Schedule",
    default: "constant",
    help: "Constant, or falling to zero at the last step along a line or a cosine.",
    source: "MeZO: constant",
    advanced: true,
  }),
  epsilon: number({
    flag: "eps",
    runPy: "zo_eps",
    label: "Perturbation ε",
    default: 1e-3,
    min: 1e-8,
    max: 1,
    help: "How far the weights are moved to either side when a direction is tried. Too small drowns in rounding, too large sees a different function.",
    source: "MeZO, Table 16",
    advanced: true,
  }),
  seed: integer({
    flag: "seed",
    runPy: "seed",
    label: "Seed",
    default: 42,
    min: 0,
    max: Number.MAX_SAFE_INTEGER,
    help: "Everything random comes from this number: same seed, same data, same machine, same weights.",
    source: "Hugging Face's default",
    advanced: true,
  }),
  noise: choice(named(noiseKinds), {
    flag: "noise",
    label: "Noise",
    default: "binomial",
    help: "Distribution of the random direction. Binomial is close to a normal one and gives the same bits on every GPU; gaussian is the papers'; rademacher is ±1 and the cheapest.",
    source: "Binomial: portable. MeZO draws gaussian noise",
    advanced: true,
  }),
  dtype: choice(
    { f32: "f32, 4 bytes each", f16: "f16, 2 bytes each" },
    {
      flag: "dtype",
      label: "Weights stored as",
      default: "f32",
      help: "f16 takes half the memory and half the disk. Every update is then rounded up or down at random, so that on average none is lost (rounding to nearest would lose most), and the steps are a little noisier. All else is computed in f32 either way.",
      source: "f32 loses nothing; MeZO's program can load f16",
      advanced: true,
    },
  ),
  weightDecay: number({
    flag: "weight-decay",
    runPy: "weight_decay",
    label: "Weight decay",
    default: 0,
    min: 0,
    max: 1,
    help: "Pulls weights towards zero by learning rate × this × weight each step. Biases and layer norms are left out. Learning rate × this is rounded to a multiple of 2⁻²⁴ (6e-8), so that it is exact: below half of that nothing decays.",
    source: "MeZO, Table 16",
    advanced: true,
  }),
  evalEvery: integer({
    flag: "eval-every",
    runPy: "eval_steps",
    label: "Evaluate every",
    default: 0,
    min: 0,
    max: 10_000_000,
    help: "Steps between evaluations on held-out rows. 0 means five times in a run. The lowest held-out loss decides which step is the best.",
    source: "MeZO: every fifth of the steps",
    advanced: true,
  }),
  pauseOnBlowUp: toggle({
    flag: "pause-on-blow-up",
    label: "Pause when the loss runs away",
    default: false,
    help: "Hold the run when the mean loss of 60 steps lies above three times its beginning. Without it, the run goes on and only says so.",
    source: "Bounds tried on the demo's curves",
    advanced: true,
  }),
  trainable: choice(
    {
      all: "all parameters",
      last: "the last blocks",
      named: "parameters by name",
    },
    {
      flag: "trainable",
      label: "Trainable part",
      default: "all",
      help: "Which parameters may move: all, the last blocks with the final norm, or those whose names match a pattern.",
      source: "MeZO: all",
      advanced: true,
    },
  ),
  trainableBlocks: integer({
    flag: "trainable-blocks",
    label: "Last blocks",
    default: 2,
    min: 1,
    max: 64,
    help: "How many blocks, counted from the end, are trained if only the last ones are.",
    source: "MeZO-SVRG's partial setting trains the last few",
    advanced: true,
    onlyWith: { key: "trainable", value: "last" },
  }),
  trainablePattern: text({
    flag: "trainable-pattern",
    label: "Names",
    default: "*.self_attn.*",
    help: "Parameters trained if they are chosen by name. A star stands for any text, commas separate patterns: *.fc1.*, *.fc2.*",
    source: "An example",
    advanced: true,
    onlyWith: { key: "trainable", value: "named" },
  }),
};

/** Choices whose names say it all. */
function named<const T extends string>(values: readonly T[]): Readonly<Record<T, string>> {
  return Object.fromEntries(values.map((value) => [value, value])) as Record<T, T>;
}

export type CommonSettings = Readonly<z.infer<z.ZodObject<typeof commonSettings>>>;

/**
 * Complete, checked settings of a run, as everything outside `src/zo` reads them. Settings of one method are
 * present at run time but have no type here: other code asks the method's traits.
 */
export type RunSettings = CommonSettings & { readonly method: string };
