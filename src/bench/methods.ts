import type { EncodedExample } from "#data/tasks/task.ts";
import type { Model } from "#model/model.ts";
import { evaluate } from "#run/evaluation/evaluation.ts";
import { prepareMasks } from "#run/step/runModel.ts";
import { Stepper } from "#run/step/stepper.ts";
import { resolveSettings } from "#zo/resolveSettings.ts";
import type { SettingValues } from "#zo/settings.ts";
import { type DemoContext, openDemo } from "./demo.ts";
import { median } from "./median.ts";
import { printTable } from "./table.ts";

/*
 * How far does each method get with the same number of forward passes? On the bundled demo, which is
 * tiny and easy: what holds here need not hold for OPT-13B.
 */

const forwardPassBudget = 400;
const passesPerEvaluation = 40;
const seeds = [0, 1, 2] as const;
/** The same grid for every method; the best dev loss at the end of seed 0 chooses. */
const learningRates = [1e-4, 2e-4, 4e-4, 8e-4, 1.6e-3, 3.2e-3, 6.4e-3, 1.28e-2] as const;

const contenders: readonly SettingValues[] = [
  { method: "mezo" },
  { method: "sparse_mezo", sparsity: 0.75 },
  { method: "lezo", lezoSparsity: 0.5 },
  { method: "mezo_svrg", svrgQ: 2 },
  { method: "fzoo" },
];

interface Trial {
  readonly seed: number;
  readonly learningRate: number;
  readonly steps: number;
  readonly forwardPasses: number;
  readonly seconds: number;
  readonly accuracy: number;
  readonly loss: number;
  readonly toAccuracy: Reached | null;
  readonly toLoss: Reached | null;
}

/** What it took to reach a goal, evaluations not counted. */
interface Reached {
  readonly steps: number;
  readonly forwardPasses: number;
  readonly seconds: number;
}

export async function methodsBench(): Promise<unknown> {
  const results = [];
  let adapter = "";
  for (const contender of contenders) {
    const context = await openDemo("f32", String(contender["method"]));
    adapter = context.adapter;
    const tried: Trial[] = [];
    for (const learningRate of learningRates) {
      const trial = await run(context, contender, learningRate, seeds[0]);
      console.error(contender["method"], learningRate, "loss", trial.loss.toFixed(4));
      tried.push(trial);
    }
    const best = tried.reduce((a, b) => (b.loss < a.loss ? b : a));
    const trials = [best];
    for (const seed of seeds.slice(1)) {
      trials.push(await run(context, contender, best.learningRate, seed));
    }
    results.push({ contender, learningRate: best.learningRate, trials });
  }
  print(results);
  return { adapter, forwardPassBudget, learningRates, seeds, results };
}

async function run(
  { model, train, dev, reload }: DemoContext,
  contender: SettingValues,
  learningRate: number,
  seed: number,
): Promise<Trial> {
  await reload();
  const anchor = contender["method"] === "mezo_svrg" ? { anchorLearningRate: learningRate } : {};
  const settings = resolveSettings({
    ...contender,
    ...anchor,
    learningRate,
    seed,
    noise: "binomial",
    batchSize: 16,
    steps: 100_000,
  });
  await prepareMasks(model, settings);
  const stepper = new Stepper(model, settings, train, []);
  const spent = { steps: 0, forwardPasses: 0, seconds: 0 };
  let toAccuracy: Reached | null = null;
  let toLoss: Reached | null = null;
  let last = { accuracy: 0, loss: Number.NaN };
  while (spent.forwardPasses < forwardPassBudget) {
    await spend(
      stepper,
      spent,
      Math.min(spent.forwardPasses + passesPerEvaluation, forwardPassBudget),
    );
    last = await score(model, dev);
    if (last.accuracy >= 0.9) toAccuracy ??= { ...spent };
    if (last.loss <= 0.2) toLoss ??= { ...spent };
    if (!Number.isFinite(last.loss)) break;
  }
  const { accuracy, loss } = last;
  return { seed, learningRate, ...spent, accuracy, loss, toAccuracy, toLoss };
}

/** Steps until that many forward passes are spent. */
async function spend(
  stepper: Stepper,
  spent: { steps: number; forwardPasses: number; seconds: number },
  until: number,
): Promise<void> {
  const started = performance.now();
  while (spent.forwardPasses < until) {
    await stepper.enqueueNext();
    for (const { forwardPasses } of await stepper.collect()) {
      spent.steps++;
      spent.forwardPasses += forwardPasses;
    }
  }
  stepper.flush();
  spent.seconds += (performance.now() - started) / 1000;
}

async function score(model: Model, dev: readonly EncodedExample[]) {
  const { accuracy, loss } = await evaluate(model, dev);
  return { accuracy, loss };
}

function print(
  results: readonly {
    readonly contender: SettingValues;
    readonly learningRate: number;
    readonly trials: readonly Trial[];
  }[],
): void {
  console.log(
    `Bundled demo, ${forwardPassBudget} forward passes of 16 rows, seeds ${seeds.join(", ")}; ` +
      `learning rate from ${learningRates.join(", ")} by dev loss of seed ${seeds[0]}.`,
  );
  const rows = results.map(({ contender, learningRate, trials }) => [
    String(contender["method"]),
    String(learningRate),
    range(
      trials.map(({ steps }) => steps),
      0,
    ),
    reached(trials.map(({ toAccuracy }) => toAccuracy)),
    reached(trials.map(({ toLoss }) => toLoss)),
    `${range(
      trials.map(({ accuracy }) => accuracy * 100),
      1,
    )} %`,
    range(
      trials.map(({ loss }) => loss),
      3,
    ),
  ]);
  printTable(
    [
      "method",
      "lr",
      "steps",
      "to 90 % accuracy: steps / passes / s",
      "to dev loss 0.2",
      "accuracy",
      "dev loss",
    ],
    rows,
  );
}

/** Medians of what it took, and how many seeds got there. */
function reached(all: readonly (Reached | null)[]): string {
  const there = all.filter((one) => one !== null);
  if (there.length === 0) return "not reached";
  const middle = (pick: (one: Reached) => number) => median(there.map(pick));
  const text = `${middle(({ steps }) => steps)} / ${middle((r) => r.forwardPasses)} / ${middle((r) => r.seconds).toFixed(1)}`;
  return there.length === all.length ? text : `${text} (${there.length} of ${all.length})`;
}

/** Median, and the range over seeds. */
function range(values: readonly number[], digits: number): string {
  const text = (value: number) => value.toFixed(digits);
  const [low, high] = [Math.min(...values), Math.max(...values)];
  const middle = text(median(values));
  return text(low) === text(high) ? middle : `${middle} (${text(low)}–${text(high)})`;
}
