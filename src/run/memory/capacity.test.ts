import { expect, test } from "vitest";
import type { Capacity } from "#data/examples/packing.ts";
import { oddConfig } from "#model/testing/configs.ts";
import { planRoom } from "../evaluation/writing.ts";
import { capacityFor } from "./capacity.ts";

const manyRows = 300_000;

test("room is planned for hundreds of thousands of rows, and the longest of them fits", () => {
  const row = (tokens: number): Capacity => ({ tokens, scored: 2, options: 2, examples: 1 });
  const sizes = Array.from({ length: manyRows }, (_, i) => row(i === 200_000 ? 5000 : 64));
  const capacity = capacityFor(oddConfig(), { headTileRows: 333 }, 1e9, 16, sizes, sizes);
  expect(capacity).toEqual({ tokens: 5000, scored: 32, options: 32, examples: 16 });
});

test("answers to hundreds of thousands of rows are planned as long as the longest prompt asks", () => {
  const prompts = Array.from({ length: manyRows }, (_, i) => (i === 200_000 ? [2, 7, 9] : [2, 7]));
  const capacity = { tokens: 64, scored: 2, options: 2, examples: 1 };
  const ground = { config: oddConfig(), capacity, maxBindingBytes: 1e9 };
  expect(planRoom(ground, prompts, 10)).toEqual({ slots: 4, positions: 12 });
});
