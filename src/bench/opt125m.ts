import { bytesText } from "#base/text.ts";
import { bindableBytes } from "#gpu/device.ts";
import { parseConfig } from "#model/config.ts";
import { parameterCount } from "#model/parameters.ts";
import { publishedConfigs } from "#model/publishedConfigs.ts";
import { evaluate } from "#run/evaluation/evaluation.ts";
import { planMemory } from "#run/memory/memoryPlan.ts";
import { prepareMasks } from "#run/step/runModel.ts";
import { Stepper } from "#run/step/stepper.ts";
import { resolveSettings } from "#zo/resolveSettings.ts";
import { chooseLinear } from "../entry/node/kernels.ts";
import { openNodeDevice } from "../entry/node/open.ts";
import { methodCases } from "./cases.ts";
import { examplesOf, randomModel } from "./randomModel.ts";
import { printTable } from "./table.ts";

/*
 * Does a model of OPT-125m's real shape run here at all? Random weights made on the fly, in shards
 * where the device binds less than the 154 MB of its embedding: loaded, scored, and trained for steps
 * of each method. The first step of a method also builds what it needs; the second is timed as well.
 */

const rows = 2;
const tokensEach = 32;

export async function opt125mBench(): Promise<unknown> {
  const device = await openNodeDevice();
  const config = parseConfig(publishedConfigs["opt-125m"]);
  const examples = examplesOf(rows * tokensEach, tokensEach, config.vocabSize);
  const loading = performance.now();
  const model = await randomModel(device, config, examples, chooseLinear(device, "f32"));
  const loadMs = performance.now() - loading;
  const scoring = performance.now();
  const { loss } = await evaluate(model, examples);
  const scoreMs = performance.now() - scoring;
  const results = [];
  for (const { name, settings: given } of methodCases) {
    const settings = resolveSettings({ ...given, batchSize: rows, steps: 10, learningRate: 1e-7 });
    await prepareMasks(model, settings);
    const stepper = new Stepper(model, settings, examples, []);
    const [firstMs, secondMs] = [await stepMs(stepper), await stepMs(stepper)];
    stepper.flush();
    const { totalBytes } = planMemory(config, model.layout, model.capacity, settings);
    results.push({ name, firstMs, secondMs, totalBytes });
    console.error(name, firstMs.toFixed(0), secondMs.toFixed(0));
  }
  const shards = model.layout.matrices.get("embed_tokens")!.shards.length;
  const peakBytes = process.resourceUsage().maxRSS * 1024;
  const facts = { loss, loadMs, scoreMs, shards, peakBytes, bindable: bindableBytes(device.info) };
  console.log(
    `${parameterCount(model.layout.table)} parameters on ${device.info.description}; the embedding in ` +
      `${shards} shards; ${rows} rows of ${tokensEach} tokens. Made in ${seconds(loadMs)}, scored in ` +
      `${seconds(scoreMs)} (loss ${loss.toFixed(3)}). Peak memory of the process: ${bytesText(peakBytes)}.`,
  );
  printTable(
    ["method", "first step", "second step", "GPU memory planned"],
    results.map((row) => [
      row.name,
      seconds(row.firstMs),
      seconds(row.secondMs),
      bytesText(row.totalBytes),
    ]),
  );
  return { adapter: device.info.description, rows, tokensEach, ...facts, results };
}

async function stepMs(stepper: Stepper): Promise<number> {
  const started = performance.now();
  await stepper.enqueueNext();
  const [step] = await stepper.collect();
  if (!step || !Number.isFinite(step.lossPlus)) throw new Error("A step gave no finite loss.");
  return performance.now() - started;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(1)} s`;
}
