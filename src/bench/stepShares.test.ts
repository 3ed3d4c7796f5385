import { expect, test } from "vitest";
import { parameterTable, type Stage } from "#model/parameters.ts";
import { configOf } from "./model.ts";
import { passShare } from "./stepShares.ts";

const table = parameterTable(configOf(64, 4, 512));
const sizeOf = (isIn: (stage: Stage) => boolean) =>
  table.reduce((sum, { stage, elements }) => sum + (isIn(stage) ? elements : 0), 0);
const plan = { examples: "batch", probes: [], terms: [], learningRate: 1 } as const;

test("a step that perturbs one block after one that updated another draws two blocks' noise of twice all", () => {
  const steps = [3, 1].map((block) => ({ ...plan, activeBlocks: [block], embeddings: false }));
  const share = passShare(table, [steps[0]!, steps[1]!]);
  const ofBlocks = sizeOf((stage) => stage === 3 || stage === 1);
  expect(share).toBe(ofBlocks / (2 * sizeOf(() => true)));
});

test("embeddings that take part count in both, and a step of all blocks leaves nothing out", () => {
  const none = { ...plan, activeBlocks: [], embeddings: true };
  const rest = sizeOf((stage) => typeof stage !== "number");
  expect(passShare(table, [none, none])).toBe(rest / sizeOf(() => true));
  const all = { ...plan, activeBlocks: null, embeddings: true };
  expect(passShare(table, [all, all])).toBe(1);
});
