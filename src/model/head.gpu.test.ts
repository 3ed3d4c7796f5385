import { beforeAll, expect, test } from "vitest";
import { encodeOptions } from "#data/examples/encode.ts";
import { packAll, sizeOfAll } from "#data/examples/packing.ts";
import type { ModelFiles } from "#data/formats/modelFiles.ts";
import type { CustomTask } from "#data/tasks/task.ts";
import { loadTokenizer } from "#data/tokenizer/tokenizer.ts";
import { type Device, openDevice } from "#gpu/device.ts";
import { oneDeviceGpu } from "#session/testing/gpus.ts";
import { readShaders } from "../entry/node/gpu.ts";
import { parseConfig } from "./config.ts";
import { type HeadStart, initHead, withHead } from "./head.ts";
import { defaultChoice } from "./linearChoice.ts";
import { matchTensors } from "./matchTensors.ts";
import { Model } from "./model.ts";
import { parameterTable } from "./parameters.ts";
import { expectedLabels, fixtureTexts, openClassifier, openFixture } from "./testing/fixture.ts";
import { allocateWeights } from "./weights.ts";

let device: Device;
beforeAll(async () => {
  device = await openDevice(oneDeviceGpu());
});

const task: CustomTask = {
  kind: "classification",
  template: "{text}",
  labelColumn: "label",
  bos: 2,
  maxLength: 128,
  labels: ["0", "1", "2"],
  words: [],
  head: true,
};

/** log p of each label for each text. */
async function logProbabilities(
  checkpoint: ModelFiles,
  head: HeadStart,
  maxBindingBytes = Number.POSITIVE_INFINITY,
): Promise<number[][]> {
  const own = parseConfig(checkpoint.config);
  const tokenizer = loadTokenizer(checkpoint.tokenizerFiles);
  const weights = allocateWeights(device, withHead(own, head), "f32", maxBindingBytes);
  await weights.load(matchTensors(parameterTable(own), checkpoint));
  initHead(weights, own, head.seed);
  const examples = fixtureTexts().map((text, row) => {
    return { row, answer: 0, options: encodeOptions(tokenizer, task, { text }) };
  });
  const capacity = sizeOfAll(examples);
  const sources = readShaders();
  const linear = defaultChoice(device.info);
  const options = { device, sources, weights, capacity, linear, noise: "binomial" as const };
  const model = await Model.create(options);
  const [batch] = packAll(examples, capacity);
  const sums = [...(await model.score(batch!))];
  model.destroy();
  weights.destroy();
  return examples.map(() => sums.splice(0, 3));
}

/** Allows for f32 in another order of summation. */
function expectClose(actual: number[][], expected: number[][]): void {
  expect(actual.length).toBe(expected.length);
  actual.flat().forEach((value, i) => {
    expect(Math.abs(value / expected.flat()[i]! - 1), `${value}`).toBeLessThan(1e-5);
  });
}

// python src/tools/head_fixture.py
test.each([
  ["opt-tiny-pre-ln", ""],
  ["opt-tiny-post-ln", ""],
  ["opt-tiny-pre-ln", " in shards of 4 kB"],
] as const)(
  "a new head on %s gives labels the probabilities of transformers%s",
  async (name, cut) => {
    const limit = cut === "" ? undefined : 4096;
    const actual = await logProbabilities(await openFixture(name), { labels: 3, seed: 11 }, limit);
    expectClose(actual, expectedLabels(`${name}/expected.head.jsonl`));
  },
);

test("a classifier's own head gives its labels the probabilities of transformers", async () => {
  const actual = await logProbabilities(await openClassifier(), { labels: 3, seed: 99 });
  expectClose(actual, expectedLabels("opt-tiny-classifier/expected.jsonl"));
});
