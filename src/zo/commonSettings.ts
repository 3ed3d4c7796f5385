import type { z } from "#base/schema.ts";
import { noiseKinds } from "./noise.ts";
import { schedules } from "./schedules.ts";
import { choice, integer, number, text, toggle } from "./settings.ts";

/** Distribution of the directions; a method may have a default of its own. */
export function noiseSetting(defaultKind: (typeof noiseKinds)[number], source: string) {
  return choice(named(noiseKinds), {
    flag: "noise",
    label: "Noise",
    default: defaultKind,
    help: "Distribution of the random directions. Binomial is close to normal and gives the same bits on every GPU. Gaussian is what the papers use. Rademacher is ±1 and the fastest.",
    source,
    advanced: true,
  });
}

/** Settings of every method, in the order of the form. Names are MeZO's and Hugging Face's. */
export const commonSettings = {
  steps: integer({
    flag: "steps",
    runPy: "max_steps",
    label: "Steps",
    default: 1000,
    min: 1,
    max: 10_000_000,
    help: "Number of weight updates. Zeroth-order methods need many cheap steps: the papers use 20,000; most of the gain comes in the first few thousand.",
    source: "Enough for a first result; MeZO's tables use 20,000",
  }),
  batchSize: integer({
    flag: "batch-size",
    runPy: "per_device_train_batch_size",
    label: "Batch size",
    default: 16,
    min: 1,
    max: 4096,
    help: "Training examples per step. Larger batches give a less noisy projected gradient.",
    source: "MeZO, Table 16",
  }),
  learningRate: number({
    flag: "lr",
    runPy: "learning_rate",
    label: "Learning rate",
    default: 1e-6,
    min: 0,
    max: 1,
    help: "Step size. If it is too large, the loss rises within tens of steps; if it is too small, the loss stays where it is. Unless it is set, it follows the size of the model: 2e-4 for the demo, 7e-6 for OPT-125m, 7e-7 for OPT-13b.",
    source: "MeZO, Table 16: 1e-6 or 1e-7 for 13b",
  }),
  learningRateSchedule: choice(named(schedules), {
    flag: "lr-schedule",
    runPy: "lr_scheduler_type",
    label: "Schedule",
    default: "constant",
    help: "Keeps the learning rate constant, or lowers it to zero at the last step, linearly or along a cosine.",
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
    help: "Distance by which the weights are perturbed along a direction. If it is too small, rounding dominates the loss difference; if it is too large, the difference is not the local slope.",
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
    help: "Seeds all random choices. The same seed, data and settings give the same run.",
    source: "Hugging Face's default",
    advanced: true,
  }),
  noise: noiseSetting("binomial", "Binomial is portable; MeZO uses gaussian"),
  dtype: choice(
    { f32: "f32, 4 bytes each", f16: "f16, 2 bytes each" },
    {
      flag: "dtype",
      label: "Weights stored as",
      default: "f32",
      help: "Number format of stored weights. f16 halves memory and disk space. Updates are then rounded up or down at random so that none is lost on average, which makes steps slightly noisier. All computation uses f32.",
      source: "f32 needs no rounding; MeZO can load f16",
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
    help: "Each step subtracts learning rate × weight decay × weight. Biases and layer norms do not decay. Learning rate × weight decay is rounded to a multiple of 2⁻²⁴ (6e-8); below half of that, nothing decays.",
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
    help: "Steps between evaluations on the validation set. 0 means five times per run. The step with the lowest validation loss is the best step.",
    source: "MeZO: five times per run",
    advanced: true,
  }),
  pauseOnBlowUp: toggle({
    flag: "pause-on-blow-up",
    label: "Pause when the loss diverges",
    default: false,
    help: "Pauses the run when its loss diverges. Otherwise the run continues and shows a warning.",
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
      help: "Parameters that a run updates: all, the last blocks with the final norm, or those whose names match a pattern.",
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
    help: "Number of trainable blocks, counted from the last one.",
    source: "MeZO-SVRG's partial setting trains the last few",
    advanced: true,
    onlyWith: { key: "trainable", value: "last" },
  }),
  trainablePattern: text({
    flag: "trainable-pattern",
    label: "Names",
    default: "*.self_attn.*",
    help: "Name patterns of trainable parameters. A star matches any text, commas separate patterns: *.fc1.*, *.fc2.*",
    source: "An example",
    advanced: true,
    onlyWith: { key: "trainable", value: "named" },
  }),
};

/** Choices whose values need no label. */
function named<const T extends string>(values: readonly T[]): Readonly<Record<T, string>> {
  return Object.fromEntries(values.map((value) => [value, value])) as Record<T, T>;
}

export type CommonSettings = Readonly<z.infer<z.ZodObject<typeof commonSettings>>>;

/**
 * Complete, checked settings of a run, as everything outside `src/zo` reads them. Settings of one method are
 * present at run time but have no type here: other code asks the method's traits.
 */
export type RunSettings = CommonSettings & { readonly method: string };
