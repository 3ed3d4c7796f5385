import { expect, test } from "vitest";
import { fakeStep } from "../testing/fakeSteps.ts";
import {
  blockActivity,
  blockRaster,
  countBlocks,
  describeBlocks,
  hasBlocks,
  rasterAlpha,
} from "./blockRaster.ts";
import { appendSteps, column, EMPTY_SERIES } from "./runSeries.ts";

const seriesOf = (...active: readonly (readonly number[])[]) =>
  appendSteps(
    EMPTY_SERIES,
    active.map((active_blocks, i) => ({ ...fakeStep(i + 1), extra: { active_blocks } })),
  );
const draw = (series: ReturnType<typeof seriesOf>, width: number, range: [number, number]) =>
  blockRaster(series, column(series, "step"), range, width, countBlocks(series));

test("each step fills its own column where there is room for all", () => {
  const { shares } = draw(seriesOf([0], [1], [0, 1]), 3, [0, 3]);
  expect([...shares]).toEqual([1, 0, 1, 0, 1, 1]);
});

test("a column that holds many steps shows how many of them a block took part in", () => {
  const { shares } = draw(seriesOf([0], [0, 1], [1], [0]), 1, [0, 4]);
  expect([...shares]).toEqual([0.75, 0.5]);
});

test("a step that is wider than a pixel leaves no gap", () => {
  const { shares } = draw(seriesOf([0], []), 6, [0, 2]);
  expect([...shares]).toEqual([1, 1, 1, 0, 0, 0]);
});

test("all 64 blocks of the largest OPT can be told apart", () => {
  const series = seriesOf([0, 31, 32, 63]);
  expect(countBlocks(series)).toBe(64);
  const busy = blockActivity(series, 64).filter(({ steps }) => steps > 0);
  expect(busy.map(({ block }) => block)).toEqual([0, 31, 32, 63]);
});

test("a block's steps, share and last step are counted", () => {
  expect(blockActivity(seriesOf([0], [0, 1], []), 2)).toEqual([
    { block: 0, steps: 2, share: 2 / 3, lastStep: 2 },
    { block: 1, steps: 1, share: 1 / 3, lastStep: 2 },
  ]);
  expect(describeBlocks(blockActivity(seriesOf([0], [0, 1]), 2), 2)).toBe(
    "2 blocks over 2 steps: each took part in 50.0 % to 100.0 % of them.",
  );
});

test("steps of other methods have no blocks", () => {
  const series = appendSteps(EMPTY_SERIES, [fakeStep(1)]);
  expect(hasBlocks(series)).toBe(false);
  expect(countBlocks(series)).toBe(0);
  expect(hasBlocks(seriesOf([]))).toBe(true);
});

test("a block that took part once among many steps is still seen", () => {
  const raster = draw(seriesOf([0], ...Array.from({ length: 99 }, () => [1])), 1, [0, 100]);
  expect(rasterAlpha(raster)[0]).toBeGreaterThan(40);
});
