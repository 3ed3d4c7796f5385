import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test } from "vitest";
import { encodeTable } from "#data/examples/encode.ts";
import { type Capacity, packAll, sizeOf } from "#data/examples/packing.ts";
import { parseTable } from "#data/formats/table.ts";
import { builtInTask } from "#data/tasks/index.ts";
import { loadTokenizer } from "#data/tokenizer/tokenizer.ts";
import { readShaders } from "#entry/node/gpu.ts";
import { type Device, openDevice } from "#gpu/device.ts";
import { parseConfig } from "#model/config.ts";
import { defaultChoice } from "#model/linearChoice.ts";
import { matchTensors } from "#model/matchTensors.ts";
import { Model } from "#model/model.ts";
import { type FixtureName, fixtureNames, openFixture } from "#model/testing/fixture.ts";
import { allocateWeights } from "#model/weights.ts";
import type { Writer } from "#model/writer.ts";
import { isPreferredDriver } from "#reference/testing/drivers.ts";
import { oneDeviceGpu } from "#session/testing/gpus.ts";
import { expectedAnswers, expectedWriting } from "../testing/expectedWriting.ts";
import { evaluate } from "./evaluation.ts";
import { writeOn } from "./writing.ts";

const enough: Capacity = { tokens: 64, scored: 64, options: 8, examples: 8 };

const ways: [string, { slots: number; capacity: Capacity; shardBytes?: number }][] = [
  ["side by side", { slots: 5, capacity: enough }],
  ["one by one", { slots: 1, capacity: enough }],
  // Six tokens and two logits a pass: prompts and sequences are split.
  [
    "two slots and small passes",
    { slots: 2, capacity: { tokens: 3, scored: 1, options: 1, examples: 1 } },
  ],
  ["sharded", { slots: 5, capacity: enough, shardBytes: 20_000 }],
];

let device: Device;
beforeAll(async () => {
  device = await openDevice(oneDeviceGpu());
});

describe.each(fixtureNames)("%s", (name) => {
  // One way is enough on other drivers: usually SwiftShader, which takes six times as long.
  test.each(isPreferredDriver ? ways : ways.slice(0, 1))(
    "writes greedily what transformers writes, %s",
    async (_, { slots, capacity, shardBytes }) => {
      const { model, tokenizer } = await open(name, capacity, shardBytes);
      const writer = await model.makeWriter({ slots, positions: 100 });
      const expected = expectedWriting(name);
      const prompts = expected.map(({ promptIds }) => promptIds);
      const sampling = { kind: "greedy" } as const;
      const options = { sampling, seed: 0, maxNewTokens: 24, stops: [] };
      const written = await writeOn(writer, tokenizer, prompts, options);
      expect(written.map(({ ids }) => ids)).toEqual(expected.map(({ ids }) => ids));
      expect(written.map(({ text }) => text)).toEqual(expected.map(({ text }) => text));
      expect(written.map(({ ending }) => ending)).toEqual(expected.map(() => "length"));
    },
  );

  test("has the same probability token by token as in one pass over the whole text", async () => {
    const { model } = await open(name, enough);
    const writer = await model.makeWriter({ slots: 1, positions: 100 });
    const cached = await cachedScores(writer, name);
    const whole = await wholeScores(model, name);
    expect(cached.length).toBe(expectedWriting(name).length);
    // Sums of 24 logs of probabilities in f32: 1e-5 of their size.
    cached.forEach((nll, i) => {
      expect(Math.abs(nll / whole[i]! - 1), `${nll} for ${whole[i]}`).toBeLessThan(1e-5);
    });
  });
});

test("SQuAD examples are answered and scored as by MeZO's code with transformers", async () => {
  const { model, tokenizer } = await open("opt-tiny-real-vocab", enough);
  const url = new URL("../../../test/fixtures/opt-tiny-real-vocab/squad.jsonl", import.meta.url);
  const table = parseTable("squad.jsonl", readFileSync(url, "utf8"));
  const task = builtInTask("SQuAD", { bos: 2, maxLength: 128 });
  const { examples } = encodeTable(tokenizer, task, table, "evaluation");
  const evaluation = await evaluate(model, examples, { isPerToken: true, tokenizer });
  const { written, f1, accuracy, n } = evaluation;
  const expected = expectedAnswers();
  expect(written!.map(({ text }) => text)).toEqual(expected.map(({ text }) => text));
  expect(written!.map(({ isExact }) => isExact)).toEqual(expected.map(({ isExact }) => isExact));
  written!.forEach((answer, row) => {
    expect(answer.f1).toBeCloseTo(expected[row]!.f1, 12);
  });
  const mean = expected.reduce((sum, answer) => sum + answer.f1, 0) / expected.length;
  expect(f1).toBeCloseTo(mean, 12);
  expect(accuracy).toBe(1 / expected.length);
  expect(n).toBe(expected.length);
});

test("the memory plan counts the cache, which is freed after generation", async () => {
  const { model } = await open("opt-tiny-real-vocab", enough);
  const writer = await model.makeWriter({ slots: 5, positions: 100 });
  // 5 slots of 100 positions, 2 blocks, keys and values of 32 numbers; logits of 5 rows.
  expect(model.memory.bytesByKind().cache).toBe(5 * 100 * 2 * 64 * 4 + 5 * 50272 * 4);
  writer.destroy();
  expect(model.memory.bytesByKind().cache).toBe(0);
});

async function open(name: FixtureName, capacity: Capacity, shardBytes?: number) {
  const files = await openFixture(name);
  const config = parseConfig(files.config);
  const limit = shardBytes !== undefined && name === "opt-tiny-real-vocab" ? 600_000 : shardBytes;
  const weights = allocateWeights(device, config, "f32", limit);
  await weights.load(matchTensors(weights.layout.table, files));
  const model = await Model.create({
    device,
    sources: readShaders(),
    weights,
    capacity,
    linear: defaultChoice(device.info),
    noise: "binomial",
  });
  return { model, tokenizer: loadTokenizer(files.tokenizerFiles) };
}

/** Σ −log p of what was written after each prompt, a token at a time over the cache. */
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

/** The same by one pass over the whole text. */
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
