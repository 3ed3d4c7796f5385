import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { resolveSettings } from "#zo/resolveSettings.ts";
import { labelNames, parseConfig } from "./config.ts";
import { headMisfit, withHead } from "./head.ts";
import { parameterTable } from "./parameters.ts";
import { publishedConfigs } from "./publishedConfigs.ts";
import { trainableBy } from "./trainable.ts";

const file = new URL("../../test/fixtures/opt-tiny-classifier/config.json", import.meta.url);
const classifier: Record<string, unknown> = JSON.parse(readFileSync(file, "utf8"));
const opt350m = parseConfig(publishedConfigs["opt-350m"]);

test("the config of a classifier has the number of labels and their names", () => {
  expect(parseConfig(classifier).numLabels).toBe(3);
  expect(labelNames(classifier)).toEqual(["poor", "so-so", "fine"]);
  const { id2label: _, ...unnamed } = classifier;
  // The default of transformers is two.
  expect(parseConfig(unnamed).numLabels).toBe(2);
  expect(parseConfig({ ...unnamed, num_labels: 5 }).numLabels).toBe(5);
  expect(labelNames(unnamed)).toBeNull();
  expect(labelNames(publishedConfigs["opt-125m"])).toBeNull();
});

test("the score head is the last parameter, as wide as the word embeddings, and decays", () => {
  // python: [n for n, p in OPTForSequenceClassification(config).named_parameters()][-1]
  const bare = parameterTable(opt350m);
  const table = parameterTable(withHead(opt350m, { labels: 3, seed: 0 }));
  expect(table.slice(0, -1)).toEqual(bare);
  expect(table.at(-1)).toEqual({
    name: "score.weight",
    shape: [3, 512],
    elements: 1536,
    index: bare.length,
    stage: "output",
    role: "head",
    decays: true,
  });
});

test("the score head is trainable with the last blocks, or by name", () => {
  const config = withHead(opt350m, { labels: 3, seed: 0 });
  const table = parameterTable(config);
  const last = trainableBy(
    resolveSettings({ trainable: "last", trainableBlocks: 1 }),
    config,
    table,
  );
  expect(last(table.at(-1)!)).toBe(true);
  expect(table.filter(last).length).toBe(17);
  const named = trainableBy(
    resolveSettings({ trainable: "named", trainablePattern: "score.*" }),
    config,
    table,
  );
  expect(table.filter(named)).toEqual([table.at(-1)]);
});

test("a model's own head is used for as many labels, left out for label words, else rejected", () => {
  const own = parseConfig(classifier);
  expect(withHead(own, { labels: 3, seed: 1 }).numLabels).toBe(3);
  expect(withHead(own, null).numLabels).toBeNull();
  expect(headMisfit(opt350m, 2)).toBeNull();
  expect(() => withHead(own, { labels: 2, seed: 1 })).toThrow(
    "The model has a head for 3 labels, the data has 2. Choose data with the model's labels, or " +
      "open the base model, which gets a new head.",
  );
});
