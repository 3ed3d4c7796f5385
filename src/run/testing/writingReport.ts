// Prints, as JSON, what models write on the driver this process has. Run by tests in a process of its
// own: src/reference/testing/drivers.ts
import { readFileSync } from "node:fs";
import { encodeTable } from "#data/examples/encode.ts";
import { type Capacity, packAll, sizeOf } from "#data/examples/packing.ts";
import { parseTable } from "#data/formats/table.ts";
import { builtInTask } from "#data/tasks/index.ts";
import { loadTokenizer } from "#data/tokenizer/tokenizer.ts";
import { nodeGpu, readShaders } from "#entry/node/gpu.ts";
import { openDevice } from "#gpu/device.ts";
import { parseConfig } from "#model/config.ts";
import { usualChoice } from "#model/linearChoice.ts";
import { matchTensors } from "#model/matchTensors.ts";
import { Model } from "#model/model.ts";
import { type FixtureName, fixtureNames, openFixture } from "#model/testing/fixture.ts";
import { allocateWeights } from "#model/weights.ts";
import type { Writer } from "#model/writer.ts";
import { type Evaluation, evaluate } from "../evaluation/evaluation.ts";
import { type Written, writeOn } from "../evaluation/writing.ts";
import { expectedWriting } from "./expectedWriting.ts";

export interface WritingReport {
  /** Rows of SQuAD, written and judged. */
  readonly evaluation: Evaluation;
  /** Greedy, of each prompt; by fixture and way. */
  readonly written: Readonly<Record<string, readonly Written[]>>;
  /** Σ −log p of what was written after each prompt, a token at a time over the cache; by fixture. */
  readonly cached: Readonly<Record<string, readonly number[]>>;
  /** The same by one pass over the whole text. */
  readonly whole: Readonly<Record<string, readonly number[]>>;
  /** Bytes of caches while a writer lives, and after. */
  readonly cacheBytes: readonly [during: number, after: number];
}

const device = await openDevice(nodeGpu());
const linear = usualChoice(device.info);
const written: Record<string, readonly Written[]> = {};
const cached: Record<string, number[]> = {};
const whole: Record<string, number[]> = {};
let cacheBytes: [number, number] = [0, 0];

const enough: Capacity = { tokens: 64, scored: 64, options: 8, examples: 8 };
const ways: readonly (readonly [string, number, Capacity, number?])[] = [
  ["side by side", 5, enough],
  ["one by one", 1, enough],
  // Six rows and two logits a pass: prompts and sequences are cut.
  ["two slots and small passes", 2, { tokens: 3, scored: 1, options: 1, examples: 1 }],
  ["sharded", 5, enough, 20_000],
];

/** The one way to try, all without it: some drivers are slow. */
const wanted = process.env["ZEROTH_WRITING"];

// Kept to the end: Dawn gives equal pipelines once, as long as one of them lives.
const kept: Model[] = [];
for (const name of fixtureNames) {
  for (const [way, slots, capacity, limit] of ways) {
    if (wanted !== undefined && way !== wanted) continue;
    const { model, tokenizer } = await open(name, capacity, limit);
    const writer = await model.makeWriter({ slots, positions: 100 });
    const prompts = expectedWriting(name).map(({ promptIds }) => promptIds);
    const options = { sampling: { kind: "greedy" } as const, seed: 0, maxNewTokens: 24, stops: [] };
    written[`${name}, ${way}`] = await writeOn(writer, tokenizer, prompts, options);
    if (way === "side by side") {
      cached[name] = await cachedScores(writer, name);
      whole[name] = await wholeScores(model, name);
      const during = model.memory.bytesByKind().cache;
      writer.destroy();
      cacheBytes = [during, model.memory.bytesByKind().cache];
    }
  }
}
const evaluation = await evaluateRows();
const report: WritingReport = { evaluation, written, cached, whole, cacheBytes };
process.stdout.write(JSON.stringify(report), () => process.exit(0));

async function evaluateRows(): Promise<Evaluation> {
  const { model, tokenizer } = await open("opt-tiny-real-vocab", enough);
  const url = new URL("../../../test/fixtures/opt-tiny-real-vocab/squad.jsonl", import.meta.url);
  const table = parseTable("squad.jsonl", readFileSync(url, "utf8"));
  const task = builtInTask("SQuAD", { bos: 2, maxLength: 128 });
  const { examples } = encodeTable(tokenizer, task, table, "evaluation");
  return evaluate(model, examples, { isPerToken: true, tokenizer });
}

async function open(name: FixtureName, capacity: Capacity, limit?: number) {
  const checkpoint = await openFixture(name);
  const config = parseConfig(checkpoint.config);
  const sharded = limit !== undefined && name === "opt-tiny-real-vocab" ? 600_000 : limit;
  const weights = allocateWeights(device, config, "f32", sharded);
  await weights.load(matchTensors(weights.layout.table, checkpoint));
  const options = { device, sources: readShaders(), weights, capacity, linear };
  const model = await Model.create({ ...options, noise: "binomial" });
  kept.push(model);
  return { model, tokenizer: loadTokenizer(checkpoint.tokenizerFiles) };
}

async function cachedScores(writer: Writer, name: FixtureName): Promise<number[]> {
  const scores: number[] = [];
  for (const { promptIds, ids } of expectedWriting(name)) {
    let score = 0;
    let feed = { slot: 0, ids: promptIds, position: 0 };
    for (const [i, id] of ids.entries()) {
      const [logits] = await writer.read([feed]);
      score -= logProbability(logits!, id);
      feed = { slot: 0, ids: [id], position: promptIds.length + i };
    }
    scores.push(score);
  }
  return scores;
}

async function wholeScores(model: Model, name: FixtureName): Promise<number[]> {
  const scores: number[] = [];
  for (const { promptIds, ids } of expectedWriting(name)) {
    const option = { ids: [...promptIds, ...ids], optionLength: ids.length };
    const example = { row: 0, answer: 0, options: [option] };
    const [sum] = await model.score(packAll([example], sizeOf(example))[0]!);
    scores.push(-sum!);
  }
  return scores;
}

function logProbability(logits: Float32Array, id: number): number {
  const largest = logits.reduce((a, b) => Math.max(a, b));
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - largest), 0);
  return logits[id]! - largest - Math.log(sum);
}
