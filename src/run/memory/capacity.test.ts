import { expect, test } from "vitest";
import type { Capacity } from "#data/examples/packing.ts";
import { oddConfig } from "#model/testing/configs.ts";
import { planRoom } from "../evaluation/writing.ts";
import { capacityForSizes } from "./capacity.ts";

const numExamples = 300_000;

test("a capacity is planned for hundreds of thousands of examples, and the longest of them fits", () => {
  const example = (tokens: number): Capacity => ({ tokens, scored: 2, options: 2, examples: 1 });
  const sizes = Array.from({ length: numExamples }, (_, i) => example(i === 200_000 ? 5000 : 64));
  const capacity = capacityForSizes(oddConfig(), { headTileRows: 333 }, 1e9, 16, sizes, sizes);
  expect(capacity).toEqual({ tokens: 5000, scored: 32, options: 32, examples: 16 });
});

test("text to generate from hundreds of thousands of prompts is planned for the longest of them", () => {
  const prompts = Array.from({ length: numExamples }, (_, i) =>
    i === 200_000 ? [2, 7, 9] : [2, 7],
  );
  const capacity = { tokens: 64, scored: 2, options: 2, examples: 1 };
  const model = { config: oddConfig(), capacity, maxBindingBytes: 1e9 };
  expect(planRoom(model, prompts, 10)).toEqual({ slots: 4, positions: 12 });
});
