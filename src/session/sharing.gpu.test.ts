import { expect, test } from "vitest";
import { nodeGpu } from "#entry/node/gpu.ts";
import type { SettingValues } from "#zo/settings.ts";
import type { EngineEvent, LogFormat } from "./protocol.ts";
import { oneDeviceGpu, without } from "./testing/gpus.ts";
import { createPlace, lastRecord, notices, openReadyTab, type Tab } from "./testing/place.ts";

const gpu = oneDeviceGpu();
const settings: SettingValues = {
  method: "mezo",
  steps: 6,
  batchSize: 4,
  learningRate: 1e-3,
  seed: 42,
  evalEvery: 3,
};
const newPlace = () => createPlace({ gpu, rows: 8 });

async function trained(): Promise<Tab> {
  const tab = await openReadyTab(newPlace());
  await tab.ask({ type: "startRun", settings, name: "a run" });
  return tab;
}

async function fileOf(tab: Tab, format: LogFormat): Promise<{ name: string; blob: Blob }> {
  return of(await tab.ask({ type: "exportLog", runId: "run-1", format }), "file");
}

function of<Type extends EngineEvent["type"]>(
  events: readonly EngineEvent[],
  type: Type,
): Extract<EngineEvent, { type: Type }> {
  const found = events.findLast((event) => event.type === type);
  if (!found) throw new Error(`There was no "${type}".`);
  return found as Extract<EngineEvent, { type: Type }>;
}

test("a bundle opened in another browser rebuilds the recorded weights, and cannot be trained on", async () => {
  const { blob } = await fileOf(await trained(), "bundle");
  const other = await openReadyTab(newPlace());
  const events = await other.ask({ type: "openBundle", file: blob });
  expect(of(events, "bundle")).toMatchObject({ runId: "run-1", isAsRecorded: true });
  expect(of(events, "history").steps).toHaveLength(6);
  expect(lastRecord(other)).toMatchObject({ status: "finished", isFromBundle: true });
  const asked = await other.ask({ type: "predict", values: { text: "a fine film" } });
  expect(of(asked, "prediction").prediction.options).toHaveLength(2);
  const refusal = await other.refusal({ type: "resumeRun" });
  expect(refusal.message).toContain("without its rows");
});

test("a bundle made with kernels this GPU lacks opens with others, and says that digits may differ", async () => {
  const { blob } = await fileOf(await trained(), "bundle");
  const lacking = without("subgroups", nodeGpu());
  const other = await openReadyTab(createPlace({ gpu: lacking, rows: 8 }));
  const events = await other.ask({ type: "openBundle", file: blob });
  expect(of(events, "bundle")).toMatchObject({ isAsRecorded: true });
  const message = expect.stringMatching(/^This GPU cannot run linear_quad, .* last digits\.$/);
  expect(notices(other)).toEqual([{ code: "E-GPU-4", kind: "recovered", message }]);
  const asked = await other.ask({ type: "predict", values: { text: "a fine film" } });
  expect(of(asked, "prediction").prediction.options).toHaveLength(2);
});

test("a bundle whose base model is not here names the model and changes nothing", async () => {
  const { blob } = await fileOf(await trained(), "bundle");
  const other = newPlace().openTab();
  const { code, message } = await other.refusal({ type: "openBundle", file: blob });
  expect(code).toBe("E-FILE-5");
  expect(message).toContain("Open that model first");
  await other.ask({ type: "listRuns" });
  expect(of(other.events, "runs").runs).toHaveLength(0);
});

test("a file that is no bundle is refused, whatever it is called", async () => {
  const tab = await openReadyTab(newPlace());
  const refusal = await tab.refusal({ type: "openBundle", file: new Blob(["no zip at all"]) });
  expect(refusal.code).toBe("E-FILE-1");
});

test("a run's link read back gives its settings and its task", async () => {
  const tab = await trained();
  const { share } = of(await tab.ask({ type: "shareRun", runId: "run-1" }), "shared");
  const text = `https://example.org/#${share.fragment}`;
  const { imported } = of(await tab.ask({ type: "readSettings", text }), "imported");
  expect(imported).toMatchObject({
    settings: lastRecord(tab).settings,
    task: lastRecord(tab).task,
  });
  expect(share.runPy.command).toContain("python run.py");
});

test("a saved settings file read back gives its settings, task and name", async () => {
  const tab = await trained();
  const text = await (await fileOf(tab, "settings")).blob.text();
  const { imported } = of(await tab.ask({ type: "readSettings", text }), "imported");
  const { settings: kept, task } = lastRecord(tab);
  expect(imported).toMatchObject({ settings: kept, task, name: "a run", notes: [] });
});

test("the TensorBoard file goes by a name TensorBoard looks for", async () => {
  const { name, blob } = await fileOf(await trained(), "tensorboard");
  expect(name).toMatch(/^events\.out\.tfevents\.\d+\./);
  expect(blob.size).toBeGreaterThan(500);
});
