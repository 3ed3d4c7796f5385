import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { unzipSync } from "fflate";
import { afterAll, describe, expect, test } from "vitest";
import { nodeGpu } from "#entry/node/gpu.ts";
import { openFolderStore } from "#storage/folderStore.ts";
import type { SettingValues } from "#zo/settings.ts";
import type { EngineEvent, LogFormat } from "./protocol.ts";
import {
  createBrowser,
  lastRecord,
  notices,
  openReadyTab,
  reportsStep,
  type Tab,
} from "./testing/browser.ts";
import { oneDeviceGpu, without } from "./testing/gpus.ts";

const gpu = oneDeviceGpu();
const settings: SettingValues = {
  method: "mezo",
  steps: 6,
  batchSize: 4,
  learningRate: 1e-3,
  seed: 42,
  evalEvery: 3,
};
const newBrowser = () => createBrowser({ gpu, rows: 8 });

async function trained(): Promise<Tab> {
  const tab = await openReadyTab(newBrowser());
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
  const other = await openReadyTab(newBrowser());
  const events = await other.ask({ type: "openBundle", file: blob });
  expect(of(events, "bundle")).toMatchObject({ runId: "run-1", isAsRecorded: true });
  expect(of(events, "history").steps).toHaveLength(6);
  expect(lastRecord(other)).toMatchObject({ status: "finished", isFromBundle: true });
  const asked = await other.ask({ type: "predict", values: { text: "a fine film" } });
  expect(of(asked, "prediction").prediction.options).toHaveLength(2);
  const refusal = await other.rejection({ type: "resumeRun" });
  expect(refusal.message).toContain("without its data");
});

test("a bundle made with kernels this GPU lacks opens with others, and says that digits may differ", async () => {
  const { blob } = await fileOf(await trained(), "bundle");
  const lacking = without("subgroups", nodeGpu());
  const other = await openReadyTab(createBrowser({ gpu: lacking, rows: 8 }));
  const events = await other.ask({ type: "openBundle", file: blob });
  expect(of(events, "bundle")).toMatchObject({ isAsRecorded: true });
  const message = expect.stringMatching(/^This GPU cannot run linear_quad, .* last digits\.$/);
  expect(notices(other)).toEqual([{ code: "E-GPU-4", kind: "recovered", message }]);
  const asked = await other.ask({ type: "predict", values: { text: "a fine film" } });
  expect(of(asked, "prediction").prediction.options).toHaveLength(2);
});

test("a bundle whose base model is not stored is rejected with the name of that model", async () => {
  const { blob } = await fileOf(await trained(), "bundle");
  const other = newBrowser().openTab();
  const { code, message } = await other.rejection({ type: "openBundle", file: blob });
  expect(code).toBe("E-FILE-5");
  expect(message).toContain("Open that model first");
  await other.ask({ type: "listRuns" });
  expect(of(other.events, "runs").runs).toHaveLength(0);
});

test("a file that is no bundle is rejected, whatever its name", async () => {
  const tab = await openReadyTab(newBrowser());
  const refusal = await tab.rejection({ type: "openBundle", file: new Blob(["no zip at all"]) });
  expect(refusal.code).toBe("E-FILE-1");
});

test("the share link of a run holds its settings and its task", async () => {
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

test("a saved settings file holds settings, task and name", async () => {
  const tab = await trained();
  const text = await (await fileOf(tab, "settings")).blob.text();
  const { imported } = of(await tab.ask({ type: "readSettings", text }), "imported");
  const { settings: kept, task } = lastRecord(tab);
  expect(imported).toMatchObject({ settings: kept, task, name: "a run", notes: [] });
});

test("the TensorBoard file has a name that TensorBoard recognizes", async () => {
  const { name, blob } = await fileOf(await trained(), "tensorboard");
  expect(name).toMatch(/^events\.out\.tfevents\.\d+\./);
  expect(blob.size).toBeGreaterThan(500);
});

describe("a run folder", () => {
  const root = mkdtempSync(join(tmpdir(), "zeroth-run-folder-"));
  afterAll(() => rmSync(root, { recursive: true }));

  async function pausedAt(tab: Tab, step: number): Promise<void> {
    let paused: Promise<unknown> = Promise.resolve();
    tab.once(reportsStep(step), () => {
      paused = tab.ask({ type: "pauseRun" });
    });
    await tab.ask({ type: "startRun", settings, name: "a run" });
    await paused;
    expect(lastRecord(tab).status).toBe("paused");
    expect(lastRecord(tab).step).toBeLessThan(6);
  }

  /** Weights of the run after it was resumed. */
  async function endOf(tab: Tab): Promise<string | undefined> {
    await tab.ask({ type: "openRun", runId: "run-1" });
    await tab.ask({ type: "resumeRun" });
    expect(lastRecord(tab)).toMatchObject({ status: "finished", step: 6 });
    return lastRecord(tab).weightsSha256;
  }

  test("saved as a zip is resumed in another browser and on disk, to the same weights", async () => {
    const end = lastRecord(await trained()).weightsSha256;
    const tab = await openReadyTab(newBrowser());
    await pausedAt(tab, 2);
    const { name, blob } = of(await tab.ask({ type: "saveRun", runId: "run-1" }), "file");
    expect(name).toBe("a-run.zip");

    const other = newBrowser().openTab();
    const zip = { path: name, file: new File([blob], name) };
    const events = await other.ask({ type: "importRuns", files: [zip] });
    expect(of(events, "copied").runs).toEqual([
      { runId: "run-1", name: "a run", isCopied: true, repairs: [] },
    ]);
    expect(of(events, "runs").runs.map(({ record }) => record.id)).toEqual(["run-1"]);
    expect(await endOf(other)).toBe(end);
    // The copy went on: what it was copied from is behind it.
    const again = await other.ask({ type: "importRuns", files: [zip] });
    expect(of(again, "copied").runs).toMatchObject([{ isCopied: false }]);

    for (const [path, bytes] of Object.entries(
      unzipSync(new Uint8Array(await blob.arrayBuffer())),
    )) {
      mkdirSync(dirname(join(root, path)), { recursive: true });
      writeFileSync(join(root, path), bytes);
    }
    const store = await openFolderStore(join(root, "a-run"));
    expect(await endOf(createBrowser({ gpu, rows: 8, store }).openTab())).toBe(end);
    await store.close();
  });

  test("made on disk is opened from its files, whatever folder they are in", async () => {
    const folder = join(root, "made");
    const store = await openFolderStore(folder);
    const tab = await openReadyTab(createBrowser({ gpu, rows: 8, store }));
    await tab.ask({ type: "startRun", settings, name: "a run" });
    const end = lastRecord(tab).weightsSha256;
    await store.close();
    const files = readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => {
        const path = join(entry.parentPath, entry.name);
        const file = new File([readFileSync(path)], entry.name);
        return { path: path.slice(root.length + 1), file };
      });
    const other = newBrowser().openTab();
    const events = await other.ask({ type: "importRuns", files });
    expect(of(events, "copied").runs).toMatchObject([{ runId: "run-1", isCopied: true }]);
    await other.ask({ type: "openRun", runId: "run-1" });
    expect(lastRecord(other)).toMatchObject({ status: "finished", weightsSha256: end });
  });

  test("without a run is rejected, and nothing is stored", async () => {
    const browser = newBrowser();
    const files = [{ path: "photos/a.json", file: new File(["{}"], "a.json") }];
    const refusal = await browser.openTab().rejection({ type: "importRuns", files });
    expect(refusal).toMatchObject({ code: "E-FILE-1" });
    expect(await browser.store.keys("runs")).toEqual([]);
  });
});
