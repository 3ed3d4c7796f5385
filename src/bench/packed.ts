import { packAll } from "#data/examples/packing.ts";
import type { Device } from "#gpu/device.ts";
import {
  defaultChoice,
  halvesChoice,
  type LinearChoice,
  toKernelRecord,
} from "#model/linearChoice.ts";
import { halfLinearCards } from "#model/linearKernels.ts";
import type { Model } from "#model/model.ts";
import { openNodeDevice } from "../entry/node/open.ts";
import { median } from "./median.ts";
import { type Clock, clockFor } from "./processorTime.ts";
import { configOf, examplesOf, randomModel } from "./randomModel.ts";
import { printTable } from "./table.ts";

/*
 * Is an evaluation over weights stored as f16 faster where products read the halves as they lie than
 * where each matrix is widened to f32 first? Every kernel for halves against widening, in turns, on one
 * model; a block is like the next, and the vocabulary is cut as the blocks are.
 */

const repeats = 5;
const layers = 4;
const vocabSize = Math.round((50272 * layers) / 12);

/** @param args numbers of tokens; 16, 64 and 512 if none are given */
export async function packedBench(args: readonly string[]): Promise<unknown> {
  const device = await openNodeDevice();
  const clock = clockFor(device.info);
  const results = [];
  for (const tokens of args.length > 0 ? args.map(Number) : [16, 64, 512]) {
    results.push(await measure(device, clock, tokens));
  }
  const { description } = device.info;
  console.log(
    `Evaluation forward over f16 of OPT-125m with ${layers} of its 12 blocks, medians of ${repeats} ` +
      `in turns, ${clock.meaning} (${description}).`,
  );
  printTable(
    ["tokens", "scored", "products", "ms", "packed ÷ widened", "largest difference"],
    results.flatMap(({ tokens, scored, ways }) =>
      ways.map(({ name, ms, ratio, difference }) => [
        String(tokens),
        String(scored),
        name,
        ms.toFixed(1),
        ratio.toFixed(3),
        difference.toExponential(1),
      ]),
    ),
  );
  return { adapter: description, clock: clock.meaning, layers, repeats, results };
}

/** Widening first, then every kernel for halves that runs here. */
function waysOf(device: Device): readonly { name: string; linear: LinearChoice }[] {
  const widened = defaultChoice(device.info);
  const packed = halfLinearCards
    .filter(({ features }) => features.every((one) => device.device.features.has(one)))
    .map((card) => ({ name: card.name, linear: { ...widened, ...halvesChoice(() => card) } }));
  return [{ name: "widened", linear: widened }, ...packed];
}

async function measure(device: Device, clock: Clock, wanted: number) {
  const config = configOf(768, layers, vocabSize);
  const examples = examplesOf(wanted, Math.min(32, wanted - 2), config.vocabSize);
  const ways = waysOf(device);
  const models: Model[] = [];
  for (const { linear } of ways) {
    models.push(await randomModel(device, config, examples, linear, "f16"));
  }
  const [batch] = packAll(examples, models[0]!.capacity);
  if (!batch) throw new Error("There are no rows to run on.");
  const scores: Float32Array[] = [];
  for (const model of models) scores.push(await model.score(batch));
  const times: number[][] = ways.map(() => []);
  for (let i = 0; i < repeats; i++) {
    for (const [j, model] of models.entries()) {
      const started = clock.now();
      await model.score(batch);
      times[j]!.push(clock.now() - started);
    }
    console.error(`${batch.tokens} tokens: ${i + 1} of ${repeats}`);
  }
  for (const model of models) model.destroy();
  const [base = 1] = times.map(median);
  return {
    tokens: batch.tokens,
    scored: batch.scored,
    ways: ways.map(({ name, linear }, j) => {
      const ms = median(times[j]!);
      const difference = largestDifference(scores[j]!, scores[0]!);
      const rest = {
        ratio: ms / base,
        difference,
        times: times[j],
        chosen: toKernelRecord(linear),
      };
      return { name, ms, ...rest };
    }),
  };
}

/** Relative, over the options of a batch. */
function largestDifference(found: Float32Array, wanted: Float32Array): number {
  return Math.max(...[...found].map((value, i) => Math.abs(value / wanted[i]! - 1)));
}
