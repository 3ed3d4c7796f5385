import { expect, test } from "vitest";
import type { RunRecord } from "#run/store/records.ts";
import { storedSettings } from "#zo/resolveSettings.ts";
import type { SettingValues } from "#zo/settings.ts";
import { originDiff } from "../hub/origin.ts";
import { outcomeOf, spreadOf } from "../run/outcome.ts";
import { draftFrom } from "../setup/settingsForm.ts";
import { fakeCatalogue } from "../testing/fakeCatalogue.ts";
import { fakeData } from "../testing/fakeData.ts";
import { evaluation, fakeDevice, fakeModel, fakeRecord } from "../testing/fakeReports.ts";
import { comparability, differingFields, groupBySeed } from "./comparison.ts";

const run = (settings: SettingValues, change: Partial<RunRecord> = {}): RunRecord => ({
  ...fakeRecord,
  ...change,
  settings: storedSettings.parse({ ...fakeRecord.settings, ...settings }),
});
const verdictOf = (...runs: readonly RunRecord[]) =>
  comparability(differingFields(runs, fakeCatalogue));

test("only fields whose values differ are shown", () => {
  const fields = differingFields([run({}), run({ learningRate: 3e-4 })], fakeCatalogue);
  expect(fields).toEqual([
    { key: "learningRate", name: "Learning rate", values: ["1e-4", "3e-4"], kind: "setting" },
  ]);
});

test("runs that differ in one setting and their seed are comparable", () => {
  expect(verdictOf(run({ seed: 1 }), run({ seed: 2, steps: 800 }))).toMatchObject({
    tone: "good",
    words: "Comparable: 1 field differs (Steps)",
  });
});

test("the same prompt written in another order is no difference", () => {
  const task = Object.fromEntries(Object.entries(fakeRecord.task).reverse());
  const other = run({}, { task: task as unknown as RunRecord["task"] });
  expect(differingFields([run({}), other], fakeCatalogue)).toEqual([]);
});

test("settings that only one method has go with the method", () => {
  const lezo = run({ method: "lezo", lezoSparsity: 0.5 });
  expect(verdictOf(run({}), lezo).words).toBe("Comparable: 1 field differs (Method)");
});

test("more than one setting besides the seed is warned of", () => {
  const verdict = verdictOf(run({}), run({ steps: 800, batchSize: 32 }));
  expect(verdict).toMatchObject({ tone: "warn", words: "2 fields differ" });
  expect(verdict.meaning).toContain("Steps, Batch size");
});

test("other rows or another model make runs not like for like", () => {
  const data = { ...fakeRecord.data, trainName: "other.csv" };
  expect(verdictOf(run({}), run({}, { data }))).toMatchObject({
    tone: "bad",
    words: "Not like for like: rows to train on differ",
  });
  expect(verdictOf(run({}), run({}, { modelId: "ffff" })).tone).toBe("bad");
});

test("another GPU leaves the outcome comparable but not its seconds", () => {
  const verdict = verdictOf(run({}), run({}, { adapter: "llvmpipe" }));
  expect(verdict.tone).toBe("good");
  expect(verdict.meaning).toContain("Seconds come from different GPUs");
});

test("runs that differ only in their seed form one group, named by what sets it apart", () => {
  const runs = ["mezo", "lezo"].flatMap((method) =>
    [1, 2, 3].map((seed) => run({ method, seed }, { id: `${method}${seed}` })),
  );
  const groups = groupBySeed(runs, fakeCatalogue);
  expect(groups.map(({ name, runs: { length } }) => [name, length])).toEqual([
    ["MeZO", 3],
    ["LeZO", 3],
  ]);
});

test("a run without repeats keeps its own name", () => {
  const groups = groupBySeed([run({}, { name: "a" }), run({ steps: 9 }, { name: "b" })], null);
  expect(groups.map(({ name }) => name)).toEqual(["a", "b"]);
});

test("the spread over seeds is told with its number of runs", () => {
  const runs = [0.8, 0.9, 0.85].map((accuracy) =>
    run({}, { lastEvaluation: evaluation(9, 0.4, accuracy) }),
  );
  expect(spreadOf(runs)).toBe("median 85.0 %, 80.0 % to 90.0 % over 3 seeds");
  expect(spreadOf(runs.slice(1, 2))).toBeNull();
});

test("an outcome nobody has measured is a dash", () => {
  const { lastEvaluation: _, ...unmeasured } = fakeRecord;
  expect(outcomeOf(unmeasured, undefined)).toMatchObject({ accuracy: "—", forwardPasses: "—" });
});

const setup = { catalogue: fakeCatalogue, model: fakeModel, device: fakeDevice };
const draft = (settings: SettingValues) => draftFrom({ ...fakeRecord.settings, ...settings });
const data = { ...fakeData, devName: "split" };

test("a duplicate shows what was changed against its origin", () => {
  const same = originDiff(fakeRecord, { ...setup, data, draft: draft({}) });
  expect(same).toMatchObject({ fields: [], missing: [] });
  const changed = originDiff(fakeRecord, { ...setup, data, draft: draft({ seed: 0, steps: 9 }) });
  expect(changed?.fields).toMatchObject([{ name: "Steps", values: ["400", "9"] }]);
});

test("a duplicate says what must be opened again", () => {
  const diff = originDiff(fakeRecord, { ...setup, model: null, data: null, draft: draft({}) });
  expect(diff?.missing).toEqual(["the model opt-125m", "the rows reviews.jsonl"]);
});

test("a model whose fingerprint is not taken yet counts by its name", () => {
  const model = { ...fakeModel, sha256: "" };
  expect(originDiff(fakeRecord, { ...setup, model, data, draft: draft({}) })?.fields).toEqual([]);
});
