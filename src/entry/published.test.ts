import { expect, test } from "vitest";
import { loadTokenizer } from "#data/tokenizer/tokenizer.ts";
import { openFixture } from "../model/testing/fixture.ts";
import { readValues } from "./node/verify/values.ts";

const { models } = readValues(new URL("./node/verify/published.json", import.meta.url));

test("reference values of the three smallest models are built in, each with its source", () => {
  expect(models.map(({ name, checks }) => [name, checks.length])).toEqual([
    ["facebook/opt-125m", 13],
    ["facebook/opt-350m", 17],
    ["facebook/opt-1.3b", 3],
  ]);
  for (const { checks } of models) for (const { source } of checks) expect(source).not.toBe("");
});

// The texts are as published; the ids are compared with the tokenizer of metaseq, kept in the fixture.
test("published prompts have the published ids, and greedy ids give the published texts", async () => {
  const { tokenizerFiles } = await openFixture("opt-tiny-real-vocab");
  const tokenizer = loadTokenizer(tokenizerFiles);
  for (const check of models.flatMap(({ checks }) => checks)) {
    if (check.kind === "tokens") {
      expect([2, ...tokenizer.encode(check.text)]).toEqual(check.expected);
    } else if (check.kind === "greedy") {
      expect(tokenizer.decode([...check.ids.slice(1), ...check.expected])).toBe(check.text);
    }
  }
});
