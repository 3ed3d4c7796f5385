import { expect, test } from "vitest";
import { activeShareText, extraMemoryText } from "../run/methodCost.ts";
import { stepFromText, travelledText, travelPlace } from "../run/travel.ts";
import { fakeModel, fakeRecord } from "../testing/fakeReports.ts";
import { fakeSparsity } from "../testing/fakeSteps.ts";
import { toggled } from "../toggled.ts";
import { nextOrder, shortTensorName, sortTensors } from "./sparsityTable.ts";

const report = {
  record: { ...fakeRecord, step: 200 },
  totalSteps: 200,
  stepsPerSecond: null,
  tokensPerSecond: null,
  etaSeconds: null,
  gpuBytes: {},
  savedAt: null,
  savedStep: 0,
  hasUnsaved: false,
  travelledTo: 120,
  asks: [],
  activeShare: 1,
};

test("a method's extra memory is told for the model that is open", () => {
  expect(extraMemoryText({ least: 0, most: 0 }, fakeModel)).toBe("no extra memory");
  expect(extraMemoryText({ least: 0, most: 1 }, fakeModel)).toBe("none, or ≈ 501 MB");
  expect(extraMemoryText({ least: 0, most: 1 }, null)).toContain("a copy");
});

test("a small share keeps a decimal", () => {
  expect([1, 0.31, 0.042].map(activeShareText)).toEqual(["100 %", "31 %", "4.2 %"]);
});

test("tensors are sorted by any column, layers in their order", () => {
  const { tensors } = fakeSparsity(400);
  const byName = sortTensors(tensors, nextOrder(null, "name")).map(({ name }) => name);
  expect(byName.findIndex((name) => name.includes("layers.2."))).toBeLessThan(
    byName.findIndex((name) => name.includes("layers.10.")),
  );
  const largestFirst = nextOrder(null, "elements");
  expect(sortTensors(tensors, largestFirst)[0]?.elements).toBe(2_359_296);
  expect(sortTensors(tensors, nextOrder(largestFirst, "elements"))[0]?.elements).toBe(589_824);
  expect(sortTensors(tensors, null)).toBe(tensors);
});

test("what all tensors' names share is left out", () => {
  expect(shortTensorName("model.decoder.layers.3.fc1.weight")).toBe("layers.3.fc1");
});

test("only a step of the run can be gone back to", () => {
  expect(
    ["0", " 120 ", "200", "201", "-1", "1.5", ""].map((text) => stepFromText(text, 200)),
  ).toEqual([0, 120, 200, null, null, null, null]);
});

test("where the weights stand is said with the run's last step", () => {
  expect(travelPlace(report)).toBe("at step 120 of 200");
  expect(travelPlace({ ...report, travelledTo: null })).toBeNull();
});

test("an evaluation of another step is not shown for this one", () => {
  const scored = { step: 120, loss: 0.5, accuracy: 0.75, n: 40, seconds: 1, forwardPasses: 1 };
  expect(travelledText(report, scored)).toBe("75.0 % right, loss 0.5000, on 40 held-out rows");
  expect(travelledText(report, { ...scored, step: 90 })).toBeNull();
  expect(travelledText(report, undefined)).toBeNull();
});

test("an item is put in and taken out by the same call", () => {
  expect(toggled(toggled(["a"], "b"), "a")).toEqual(["b"]);
});
