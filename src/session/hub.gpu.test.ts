import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { createLibrary } from "#hub/library.ts";
import { memoryCache } from "#hub/memoryCache.ts";
import { startLocalHub } from "#hub/testing/localHub.ts";
import { COMMIT, noise } from "#hub/testing/models.ts";
import type { EngineEvent } from "./protocol.ts";
import { createBrowser, lastRecord, reportsStep } from "./testing/browser.ts";
import { oneDeviceGpu } from "./testing/gpus.ts";

const fixtures = new URL("../../test/fixtures/", import.meta.url);
const bytesOf = (name: string) =>
  new Uint8Array(readFileSync(fileURLToPath(new URL(name, fixtures))));
const names = ["config.json", "vocab.json", "merges.txt", "model.safetensors"];
const model = "facebook/opt-125m";
const set = "stanfordnlp/sst2";

test("a downloaded model trains on a downloaded data set while another download continues", async () => {
  const local = await startLocalHub({
    repo: model,
    commit: COMMIT,
    cardData: { license: "other" },
    files: Object.fromEntries(names.map((name) => [name, bytesOf(`opt-tiny-pre-ln/${name}`)])),
    datasets: {
      [set]: { files: { "default/train/0000.parquet": bytesOf("reviews.train.parquet") } },
      "org/other": { files: { "default/train/0000.parquet": noise(50_000) } },
    },
  });
  const hub = { endpoint: local.hub.endpoint };
  const library = createLibrary({
    cache: memoryCache(),
    fetch,
    isOnline: () => true,
    whenOnline: async () => {},
    now: () => performance.now(),
    date: () => new Date(),
    sleep: local.hub.sleep,
  });
  const tab = createBrowser({ gpu: oneDeviceGpu() }).openTab({ hub: library });
  const load = async (splits: readonly string[]) => {
    const offered = tab.events.findLast(
      (event) => event.type === "offer" || event.type === "datasetOffer",
    );
    const folder = folderIn(offered);
    await tab.ask({ type: "download", folder, splits, hub });
    return folder;
  };
  await tab.ask({ type: "describeModel", name: model, hub });
  await tab.ask({ type: "openModel", source: { kind: "cached", folder: await load([]) } });
  await tab.ask({ type: "describeDataset", name: set, hub });
  const train = { kind: "cached", folder: await load(["train"]), split: "train" } as const;
  await tab.ask({ type: "openData", train });

  await tab.ask({ type: "describeDataset", name: "org/other", hub });
  let isTraining = true;
  let wasTraining = false;
  let beside: Promise<unknown> = Promise.resolve();
  tab.once(reportsStep(1), () => {
    beside = load(["train"]).then(() => {
      wasTraining = isTraining;
    });
  });
  const settings = { method: "mezo", steps: 200, batchSize: 2, learningRate: 1e-4, evalEvery: 200 };
  const training = tab.ask({ type: "startRun", settings, name: "a run" });
  tab.once(reportsStep(3), () => void beside.then(() => tab.ask({ type: "pauseRun" })));
  await training;
  isTraining = false;
  expect(wasTraining).toBe(true);
  expect(lastRecord(tab)).toMatchObject({
    modelName: model,
    status: "paused",
    data: { dataset: set, datasetConfig: "default", datasetRevision: COMMIT },
  });
  const opened = tab.events.findLast((event) => event.type === "model");
  expect(opened?.type === "model" && opened.model?.origin).toEqual({
    repo: model,
    commit: COMMIT,
    licence: "other",
    address: `${local.hub.endpoint}/${model}`,
  });
  const folder = `facebook--opt-125m@${COMMIT}`;
  expect(await tab.rejection({ type: "deleteDownload", folder })).toMatchObject({
    message: expect.stringContaining("This model is open"),
  });
  await local.close();
});

function folderIn(event: EngineEvent | undefined): string {
  if (event?.type === "offer") return event.offer.folder;
  const config = event?.type === "datasetOffer" ? event.offer.configs[0] : undefined;
  return config?.folder ?? "";
}
