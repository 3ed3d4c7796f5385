import { unzipSync } from "fflate";
import { describe, expect, test } from "vitest";
import type { ByteSource } from "#data/formats/byteSource.ts";
import { readExactly } from "#data/formats/byteSource.ts";
import { classifierBaseFiles, classifierFiles } from "#model/testing/fixture.ts";
import { reviewHeadTask, reviewLines, reviewTask } from "#run/testing/fixtureRun.ts";
import type { SettingValues } from "#zo/settings.ts";
import type { NamedFile } from "./protocol.ts";
import type { DataReport, Prediction } from "./reports.ts";
import {
  createBrowser,
  exportedSha,
  lastRecord,
  openReadyTab,
  reportedSteps,
  reportsStep,
  type Tab,
  type TestBrowser,
} from "./testing/browser.ts";
import { oneDeviceGpu } from "./testing/gpus.ts";

const gpu = oneDeviceGpu();
const rows = 8;
const common = {
  method: "mezo",
  steps: 6,
  batchSize: 4,
  learningRate: 1e-3,
  seed: 42,
  evalEvery: 3,
};

const recipes: Readonly<Record<string, SettingValues>> = {
  MeZO: {},
  "MeZO over halves": { dtype: "f16" },
  "Sparse-MeZO": { method: "sparse_mezo", sparsity: 0.75 },
  "LeZO with frozen embeddings": { method: "lezo", embedPolicy: "frozen" },
  "MeZO-SVRG on the last block": {
    method: "mezo_svrg",
    svrgQ: 3,
    anchorLearningRate: 1e-3,
    trainable: "last",
    trainableBlocks: 1,
  },
  "MeZO-SVRG with a copy": {
    method: "mezo_svrg",
    svrgQ: 4,
    anchorLearningRate: 1e-3,
    snapshot: "copy",
  },
};

async function headTab(browser: TestBrowser): Promise<Tab> {
  const tab = await openReadyTab(browser);
  await tab.ask({ type: "setTask", task: reviewHeadTask });
  return tab;
}

const start = (tab: Tab, settings: SettingValues = {}) =>
  tab.ask({ type: "startRun", settings: { ...common, ...settings }, name: "a run" });

function finalSha(tab: Tab): string {
  const { status, weightsSha256 } = lastRecord(tab);
  expect(status).toBe("finished");
  return weightsSha256 ?? "none";
}

async function predicted(tab: Tab): Promise<Prediction["options"]> {
  const told = await tab.ask({ type: "predict", values: { text: "a fine and charming film" } });
  const prediction = told.find((event) => event.type === "prediction");
  return prediction?.type === "prediction" ? prediction.prediction.options : [];
}

function lastData({ events }: Tab): DataReport {
  const data = events.findLast((event) => event.type === "data");
  if (data?.type === "data" && data.data) return data.data;
  throw new Error("No rows were told of.");
}

describe.each(Object.entries(recipes))("%s with a score head", (_, settings) => {
  test("gives the same weights undisturbed, after a pause with a prediction, after a crash, and from base model and journal", async () => {
    const browser = createBrowser({ gpu, rows });
    const tab = await headTab(browser);
    await start(tab, settings);
    const undisturbed = finalSha(tab);
    for (const { loss } of reportedSteps(tab)) expect(Number.isFinite(loss)).toBe(true);

    let paused: Promise<unknown> = Promise.resolve();
    tab.once(reportsStep(2), () => {
      paused = tab.ask({ type: "pauseRun" });
    });
    await start(tab, settings);
    await paused;
    const before = await exportedSha(tab);
    await predicted(tab);
    expect(await exportedSha(tab)).toBe(before);
    const crashed = new Promise<void>((resolve) => {
      tab.once(reportsStep(5), () => {
        tab.kill();
        resolve();
      });
    });
    void tab.ask({ type: "resumeRun" });
    await crashed;

    const runId = lastRecord(tab).id;
    const next = browser.openTab();
    await next.ask({ type: "openRun", runId });
    await next.ask({ type: "resumeRun" });
    expect(finalSha(next)).toBe(undisturbed);
    next.kill();

    const keys = await browser.store.keys("manifests", `${runId}/`);
    expect(keys.length).toBeGreaterThan(0);
    await browser.store.transact(keys.map((key) => ({ type: "delete", table: "manifests", key })));
    const last = browser.openTab();
    await last.ask({ type: "openRun", runId });
    expect(await exportedSha(last)).toBe(undisturbed);
  });
});

test("with frozen embeddings and no active blocks, a run updates the head alone", async () => {
  const tab = await headTab(createBrowser({ gpu, rows }));
  const settings = { method: "lezo", embedPolicy: "frozen", lezoSparsity: 1 };
  await start(tab, settings);
  const label = await predicted(tab);
  expect(label[0]!.after).not.toBe(label[0]!.before);
});

test("the head is initialized from the run's seed, and runs with and without it share one base model", async () => {
  const tab = await openReadyTab(createBrowser({ gpu, rows }));
  await start(tab);
  const byWords = lastRecord(tab);
  await tab.ask({ type: "setTask", task: reviewHeadTask });
  await start(tab, { learningRate: 0 });
  const one = lastRecord(tab);
  await start(tab, { learningRate: 0, seed: 43 });
  const other = lastRecord(tab);
  expect([one.modelId, other.modelId]).toEqual([byWords.modelId, byWords.modelId]);
  expect(new Set([one, other, byWords].map((run) => run.weightsSha256)).size).toBe(3);
  // Nothing was learnt, so before and after are alike.
  for (const { before, after } of await predicted(tab)) expect(after).toBe(before);

  await tab.ask({ type: "setTask", task: reviewTask });
  await start(tab);
  expect(finalSha(tab)).toBe(byWords.weightsSha256);
});

test("an exported classifier opens again with its head and its labels", async () => {
  const tab = await headTab(createBrowser({ gpu, rows }));
  await start(tab);
  const { zeroShot, lastEvaluation } = lastRecord(tab);
  expect(lastEvaluation!.loss).not.toBe(zeroShot!.loss);
  const told = await tab.ask({ type: "exportModel" });
  const zip = told.find((event) => event.type === "file");
  if (zip?.type !== "file") throw new Error("Nothing was exported.");
  const files = unzipSync(new Uint8Array(await zip.blob.arrayBuffer()));
  const config = JSON.parse(new TextDecoder().decode(files["a-run/config.json"]));
  expect(config).toMatchObject({
    architectures: ["OPTForSequenceClassification"],
    id2label: { 0: "0", 1: "1" },
    label2id: { 0: 0, 1: 1 },
    pad_token_id: 1,
  });
  expect(new TextDecoder().decode(files["a-run/README.md"])).toContain(
    "pipeline_tag: text-classification",
  );

  const again = createBrowser({ gpu, rows }).openTab();
  const named = Object.entries(files).map(([path, bytes]): NamedFile => {
    return { path, file: new File([new Uint8Array(bytes)], path) };
  });
  await again.ask({ type: "openModel", source: { kind: "files", files: named } });
  await openRows(again, reviewLines.slice(0, rows), reviewLines.slice(-4));
  expect(lastData(again).task).toMatchObject({ ...reviewHeadTask, maxLength: 128 });
  await start(again, { learningRate: 0, seed: 7 });
  expect(lastRecord(again).zeroShot).toMatchObject({
    loss: lastEvaluation!.loss,
    accuracy: lastEvaluation!.accuracy,
  });
  expect(finalSha(again)).toBe(lastRecord(tab).weightsSha256);
  expect(lastRecord(again).modelId).toBe(lastRecord(tab).weightsSha256);
});

describe("a classifier from elsewhere", () => {
  const openClassifierTab = () => openFilesTab(classifierFiles());

  async function openFilesTab(sources: readonly ByteSource[]): Promise<Tab> {
    const tab = createBrowser({ gpu, rows }).openTab();
    const files = await Promise.all(
      sources.map(async (source): Promise<NamedFile> => {
        const bytes = await readExactly(source, 0, source.sizeBytes);
        return { path: `classifier/${source.name}`, file: new File([bytes], source.name) };
      }),
    );
    await tab.ask({ type: "openModel", source: { kind: "files", files } });
    return tab;
  }

  test("rejects data with another number of labels, and scores label words without its head", async () => {
    const tab = await openClassifierTab();
    await openRows(tab, reviewLines.slice(0, rows), reviewLines.slice(-4));
    expect(lastData(tab).warnings).toContainEqual(
      "The model came with a head for 3 labels. Label words do not use it: the run and its " +
        "export leave it out.",
    );
    await start(tab);
    const { modelId } = lastRecord(tab);
    await tab.ask({ type: "travelTo", step: 0 });
    // Of the base it was made from, all but the head.
    const base = await openFilesTab(classifierBaseFiles());
    await openRows(base, reviewLines.slice(0, rows), reviewLines.slice(-4));
    await start(base);
    expect(await exportedSha(tab)).toBe(lastRecord(base).modelId);
    expect(modelId).not.toBe(lastRecord(base).modelId);

    await tab.ask({ type: "setTask", task: reviewHeadTask });
    const sentence =
      "The model has a head for 3 labels, the data has 2. Choose data with the model's labels, or " +
      "open the base model, which gets a new head.";
    expect(lastData(tab).blockers).toEqual([sentence]);
    const refused = tab.rejection({ type: "startRun", settings: common, name: "b" });
    expect((await refused).message).toBe(sentence);
  });

  test("takes data with its labels in its own order, and keeps its head in the run's base model", async () => {
    const tab = await openClassifierTab();
    const names = ["poor", "fine", "so-so"];
    const lines = reviewLines.slice(0, 9).map((line, i) => {
      return JSON.stringify({ ...JSON.parse(line), label: names[i % 3] });
    });
    await openRows(tab, lines, lines);
    const { task } = lastData(tab);
    expect(task).toMatchObject({ head: true, labels: ["poor", "so-so", "fine"] });
    await start(tab, { learningRate: 0 });
    expect(finalSha(tab)).toBe(lastRecord(tab).modelId);
    await tab.ask({ type: "queueRun", settings: common, name: "later" });
    await tab.ask({ type: "runQueue" });
    expect(finalSha(tab)).not.toBe(lastRecord(tab).modelId);
  });
});

async function openRows(tab: Tab, train: readonly string[], dev: readonly string[]) {
  const text = (name: string, lines: readonly string[]) => {
    return { kind: "text", name, text: lines.join("\n") } as const;
  };
  const [first, second] = [text("train.jsonl", train), text("dev.jsonl", dev)];
  await tab.ask({ type: "openData", train: first, dev: second });
  const sizes = { trainRows: train.length, devRows: dev.length, testRows: 0 };
  await tab.ask({ type: "setRules", rules: { secondFile: "dev", ...sizes } });
}
