import { weightDtypes } from "#base/dtype.ts";
import { evaluate } from "#run/evaluation/evaluation.ts";
import { Stepper } from "#run/step/stepper.ts";
import { resolveSettings } from "#zo/resolveSettings.ts";
import { type DemoContext, openDemo } from "./demo.ts";
import { printTable } from "./table.ts";

/*
 * Does MeZO learn over weights stored as f16, rounded at random after every step, as it does over f32?
 * The bundled demo with its own settings, from the same rows, batches and directions.
 */

const steps = 200;
const stepsPerEvaluation = 40;
const seeds = [0, 1, 2] as const;

interface Curve {
  readonly dtype: string;
  readonly seed: number;
  readonly points: readonly { readonly loss: number; readonly accuracy: number }[];
  readonly msPerStep: number;
}

export async function halvesBench(): Promise<unknown> {
  const curves: Curve[] = [];
  let adapter = "";
  for (const dtype of weightDtypes) {
    const context = await openDemo(dtype);
    adapter = context.adapter;
    for (const seed of seeds) curves.push(await curveOf(context, dtype, seed));
  }
  print(curves);
  return { adapter, steps, stepsPerEvaluation, curves };
}

async function curveOf(context: DemoContext, dtype: string, seed: number): Promise<Curve> {
  const { model, train, dev, reload } = context;
  await reload();
  const settings = resolveSettings({
    method: "mezo",
    learningRate: 2e-4,
    batchSize: 16,
    steps,
    seed,
    dtype,
  });
  const stepper = new Stepper(model, settings, train, []);
  const points = [await evaluate(model, dev)];
  let spentMs = 0;
  while (stepper.nextStep < steps) {
    const started = performance.now();
    for (let i = 0; i < stepsPerEvaluation; i++) stepper.enqueue();
    await stepper.collect();
    spentMs += performance.now() - started;
    stepper.flush();
    points.push(await evaluate(model, dev));
  }
  console.error(dtype, seed, points.map(({ loss }) => loss.toFixed(4)).join(" "));
  const kept = points.map(({ loss, accuracy }) => ({ loss, accuracy }));
  return { dtype, seed, points: kept, msPerStep: spentMs / steps };
}

function print(curves: readonly Curve[]): void {
  const marks = Array.from({ length: steps / stepsPerEvaluation + 1 }, (_, i) => {
    return `loss at ${i * stepsPerEvaluation}`;
  });
  printTable(
    ["weights", "seed", ...marks, "accuracy", "ms a step"],
    curves.map(({ dtype, seed, points, msPerStep }) => [
      dtype,
      String(seed),
      ...points.map(({ loss }) => loss.toFixed(3)),
      `${(100 * points.at(-1)!.accuracy).toFixed(1)} %`,
      msPerStep.toFixed(1),
    ]),
  );
}
