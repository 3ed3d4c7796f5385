import { expect, test } from "vitest";
import { hashFromPlace, placeFromHash } from "../place.ts";
import { DEFAULT_PREFERENCES, parsePreferences } from "../preferences.ts";
import { readinessOf } from "../setup/readiness.ts";
import {
  asPrompted,
  asPromptFree,
  insertColumn,
  templateColumns,
  withKind,
  withLabelColumn,
  withMaxLength,
  wordHint,
} from "../setup/task.ts";
import { fakeData, fakeTask } from "../testing/fakeData.ts";
import {
  fakeDevice,
  fakeModel,
  fakeRecord,
  fakeUnavailableDevice,
} from "../testing/fakeReports.ts";
import { mendLanguage } from "./locale.ts";
import { pageTitle, runPercent } from "./pageTitle.ts";
import { progressPercent, progressText } from "./progressText.ts";

const report = {
  record: { ...fakeRecord, status: "running", step: 250 },
  totalSteps: 400,
  stepsPerSecond: 9,
  tokensPerSecond: 900,
  etaSeconds: 1080,
  gpuBytes: {},
  savedAt: null,
  savedStep: 0,
  hasUnsaved: false,
  travelledTo: null,
  activeShare: 1,
  asks: [],
} as const;

test("the title of the tab tells percent and time left while a run is on", () => {
  expect(pageTitle(report)).toBe("62 % · ≈ 18 min left · MeZO on opt-125m, lr 1e-6 · Zeroth");
  expect(pageTitle(null)).toContain("Zeroth");
});

test("a run never reads as done before its last step", () => {
  expect(runPercent({ ...report, record: { ...fakeRecord, step: 399 } })).toBe(99);
});

test("every place has a hash that leads back to it", () => {
  for (const name of ["home", "setup", "runs"] as const) {
    expect(placeFromHash(hashFromPlace({ name }))).toEqual({ name });
  }
  const run = { name: "run", runId: "a b/ü%" } as const;
  expect(placeFromHash(hashFromPlace(run))).toEqual(run);
  const compare = { name: "compare", runIds: ["a,b", "c"] } as const;
  expect(placeFromHash(hashFromPlace(compare))).toEqual(compare);
});

test("a hash nobody knows leads home, and a broken one breaks nothing", () => {
  expect(placeFromHash("#elsewhere")).toEqual({ name: "home" });
  expect(placeFromHash("#run=%")).toEqual({ name: "run", runId: "%" });
});

test("preferences that make no sense any more fall back to the defaults", () => {
  expect(parsePreferences(undefined)).toEqual(DEFAULT_PREFERENCES);
  expect(parsePreferences({ theme: "dark" })).toEqual({ ...DEFAULT_PREFERENCES, theme: "dark" });
  expect(parsePreferences({ smoothing: 7 })).toEqual(DEFAULT_PREFERENCES);
});

test("a progress is told in its own unit", () => {
  const bytes = { label: "Reading", done: 120e6, total: 251e6, unit: "bytes" } as const;
  expect(progressText(bytes)).toBe("120 MB of 251 MB");
  expect(progressPercent({ ...bytes, total: 0 })).toBeNull();
  expect(progressText({ label: "", done: 6, total: 14, unit: "shaders" })).toBe(
    "6 of 14 GPU programs",
  );
});

test("a run is ready when GPU, model, data and settings are", () => {
  const parsed = { values: {}, errors: {} };
  const all = readinessOf(fakeDevice, fakeModel, fakeData, parsed);
  expect(all.every(({ isReady }) => isReady)).toBe(true);
});

test("a failed check, a blocker and a wrong setting each keep a run from starting", () => {
  const selfTest = [{ name: "Matrix product", passed: false, detail: "" }];
  const items = readinessOf(
    { ...fakeDevice, selfTest },
    null,
    { ...fakeData, blockers: ["no word"] },
    { values: {}, errors: { steps: "too many" } },
  );
  expect(items.map(({ isReady }) => isReady)).toEqual([false, false, false, false]);
  expect(items[0]?.detail).toBe("1 check failed");
  expect(readinessOf(fakeUnavailableDevice, null, null, null)[0]?.detail).toBe("Not available");
});

test("a template names each of its columns once", () => {
  expect(templateColumns("{premise} ? {hypothesis} {premise}")).toEqual(["premise", "hypothesis"]);
  expect(insertColumn("It was", "text", 0)).toBe("{text}It was");
});

test("another label column empties the labels, for the engine to read them anew", () => {
  expect(withLabelColumn(fakeTask, "stars")).toMatchObject({
    labelColumn: "stars",
    labels: [],
    words: [],
  });
});

test("a row length that is no sensible number changes nothing", () => {
  expect(withMaxLength(fakeTask, "")).toBe(fakeTask);
  expect(withMaxLength(fakeTask, "128").maxLength).toBe(128);
});

test("a word without its leading space is pointed out", () => {
  expect(wordHint(" great")).toBe("");
  expect(wordHint("great")).toContain("without a space");
});

test("a language that Intl refuses is replaced", () => {
  const navigator = { language: "en-US@posix" };
  mendLanguage(navigator);
  expect(navigator.language).toBe("en-US");
});

test("a score head takes a task's words, a prompt brings them back; both are read from the rows", () => {
  const free = asPromptFree(fakeTask);
  const open = { template: "", labels: [], words: [] };
  expect(free).toEqual({ ...fakeTask, ...open, head: true });
  expect(asPrompted(free)).toEqual({ ...fakeTask, ...open });
  expect(withKind(free, "generation")).not.toHaveProperty("head");
});
