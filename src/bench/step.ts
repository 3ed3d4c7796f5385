import { parseArgs } from "node:util";
import { toKernelRecord } from "#model/linearChoice.ts";
import { chooseLinear } from "../entry/node/kernels.ts";
import { openNodeDevice } from "../entry/node/open.ts";
import { type BenchContext, type Contender, openContenders, twoForwards } from "./contenders.ts";
import { configOf, examplesOf, randomWeights } from "./model.ts";
import { type Clock, clockFor, wallClock } from "./processorTime.ts";
import { ratiosOf, type Turn, turnsOf } from "./rounds.ts";
import { attentionShares, partsOfSteps, passShare } from "./stepShares.ts";
import { type Measured, printStep, progressText } from "./stepTables.ts";

/*
 * What does a step cost beside the forward passes nobody can avoid? Each method's step, and the classic
 * scheme (perturb in place, forward, perturb, forward, restore, update) from the same kernels, divided
 * by two bare forward passes of the same batch: everything once a round, on one model's weights, and
 * each ratio taken within its round.
 */

const leastRounds = 5;
const mostRounds = 40;

/**
 * @param args hidden size, layers, vocabulary; `--tokens 64,256` per sign, `--text 32` tokens each,
 *   `--seconds 35` of rounds for each number of tokens
 */
export async function stepBench(args: readonly string[]): Promise<unknown> {
  const { size, tokens, text, seconds } = optionsOf(args);
  const [hidden = 192, layers = 4, vocab = 1024] = size;
  const device = await openNodeDevice();
  const linear = chooseLinear(device, "f32");
  // Positions for a text and a word. OPT's 2,048 are 1.3 % of the weights of OPT-125m, but would be a third
  // of a model of this size, and weight passes would take time that no OPT's do.
  const loadedFor = (longest: number) =>
    randomWeights(device, configOf(hidden, layers, vocab, longest + 1));
  const context = { device, linear, weights: await loadedFor(text) };
  const results: Measured[] = [];
  for (const count of tokens) {
    const examples = examplesOf(count, Math.min(text, count), vocab);
    const contenders = await openContenders(context, examples);
    results.push({ tokens: count, ...(await measure(context, contenders, seconds)) });
    for (const contender of contenders) contender.destroy();
    console.error(progressText(results.at(-1)!));
  }
  context.weights.destroy();
  const longer = { device, linear, weights: await loadedFor(Math.max(text, ...tokens)) };
  const attention = await attentionShares(longer, tokens, [text, Number.POSITIVE_INFINITY]);
  const { description } = device.info;
  const what = `${hidden} wide, ${layers} blocks, ${vocab} ids, texts of ${text} tokens, ${description}`;
  printStep(what, results, attention, text);
  const kernels = toKernelRecord(linear);
  return { adapter: description, hidden, layers, vocab, text, kernels, results, attention };
}

function optionsOf(args: readonly string[]) {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      tokens: { type: "string", default: "64,256,512,1024" },
      text: { type: "string", default: "32" },
      seconds: { type: "string", default: "35" },
    },
  });
  return {
    size: positionals.map(Number),
    tokens: values.tokens.split(",").map(Number),
    text: Number(values.text),
    seconds: Number(values.seconds),
  };
}

async function measure(
  { device, weights }: BenchContext,
  contenders: readonly Contender[],
  seconds: number,
): Promise<Omit<Measured, "tokens">> {
  const others = contenders.map(({ name }) => name).filter((name) => name !== twoForwards);
  const clocks = [...new Set([clockFor(device.info), wallClock])];
  const turns = clocks.map((): Turn[][] => []);
  const lezoShares: number[] = [];
  const started = performance.now();
  // The first round is for pipelines and caches to warm up.
  for (let round = -1; round < mostRounds; round++) {
    if (round >= leastRounds && performance.now() - started > seconds * 1000) break;
    const times = clocks.map((): Turn[] => []);
    for (const name of turnsOf(twoForwards, others, Math.max(0, round))) {
      const contender = contenders.find((one) => one.name === name)!;
      await contender.prepare();
      const spent = await timed(clocks, () => contender.run());
      spent.forEach((ms, i) => void times[i]!.push({ name, ms }));
      const plans = name === "LeZO 0.75" && round >= 0 ? contender.plans() : null;
      if (plans) lezoShares.push(passShare(weights.layout.table, plans));
    }
    if (round >= 0) clocks.forEach((_, i) => void turns[i]!.push(times[i]!));
  }
  return {
    rounds: turns[0]!.length,
    clocks: clocks.map(({ meaning }, i) => ({
      meaning,
      turns: turns[i]!,
      ratios: turns[i]!.map((round) => ratiosOf(twoForwards, round)),
    })),
    parts: await partsOfSteps(contenders),
    lezoShares,
  };
}

/** What a run took by each of these clocks. The last one is read closest to it. */
async function timed(clocks: readonly Clock[], run: () => Promise<void>): Promise<number[]> {
  const before = clocks.map((clock) => clock.now());
  await run();
  const after = clocks.toReversed().map((clock) => clock.now());
  return after.reverse().map((time, i) => time - before[i]!);
}
