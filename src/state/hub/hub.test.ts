import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { DownloadReport, LibraryEntry } from "#session/hubReports.ts";
import type { EngineEvent } from "#session/protocol.ts";
import { createApp } from "../app.ts";
import { DEFAULT_PREFERENCES, type Preferences } from "../preferences.ts";
import { FakeEngine } from "../testing/fakeEngine.ts";
import { fakeImport } from "../testing/fakeSharing.ts";
import { formatDate } from "../text/format.ts";
import {
  bytesToLoad,
  downloadFailure,
  downloadPace,
  downloadProgress,
  EMPTY_HUB,
  entriesOf,
  entryName,
  entryNotes,
  exceedsRoom,
  memoryText,
  offerAction,
  splitText,
  usualSplits,
} from "./hub.ts";

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal(
    "MessageEvent",
    class {
      readonly data: unknown;
      constructor(_: string, { data }: { data: unknown }) {
        this.data = data;
      }
    },
  );
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function open() {
  const engine = new FakeEngine();
  const kept: Preferences[] = [];
  const app = createApp({
    port: engine,
    preferences: {
      load: async () => DEFAULT_PREFERENCES,
      save: async (preferences) => void kept.push(preferences),
    },
    clock: {
      setTimeout: (action, ms) => Number(setTimeout(action, ms)),
      clearTimeout: (id) => clearTimeout(id),
    },
    saveFile: () => {},
  });
  void app.actions.begin("");
  const rest = () => vi.advanceTimersByTimeAsync(10);
  return { ...app, engine, kept, rest, state: () => app.store.getState() };
}

const wholeEntry: LibraryEntry = {
  folder: "a--b@1",
  kind: "model",
  repo: "a/b",
  part: null,
  revision: "main",
  commit: "1",
  address: "",
  licence: "mit",
  sizeBytes: 5,
  totalBytes: 5,
  isWhole: true,
  canResume: false,
  splits: [],
  savedAt: "2026-01-01T00:00:00Z",
};

/** The library with one data set, of which these splits are here. */
function libraryOf(folder: string, splits: readonly string[]): EngineEvent {
  const entries = [{ ...wholeEntry, folder, kind: "dataset", part: "default", splits } as const];
  return { type: "library", library: { known: [], entries } };
}

test("what is preferred while the GPU is still looked at stays preferred", async () => {
  const { actions, state, rest } = await open();
  await Promise.resolve();
  await actions.prefer({ hubEndpoint: "https://hub.example" });
  await rest();
  expect(state().device).not.toBeNull();
  expect(state().preferences.hubEndpoint).toBe("https://hub.example");
});

test("agreeing to a model is remembered, downloads it, and opens it once it is whole", async () => {
  const { actions, state, engine, kept, rest } = await open();
  await rest();
  void actions.lookUpModel("facebook/opt-125m");
  await rest();
  const { offer } = state().hub;
  engine.received.length = 0;
  void actions.agreeAndDownload(offer!);
  await rest();
  expect(kept.at(-1)?.agreedRepos).toEqual(["facebook/opt-125m"]);
  // The scripted download stands half way: it is no model yet.
  expect(engine.received.map(({ type }) => type)).toEqual(["download"]);
  const entries = [{ ...wholeEntry, folder: offer!.folder }];
  engine.emit({ type: "library", library: { known: [], entries } });
  void actions.agreeAndDownload(offer!);
  await rest();
  expect(engine.received.at(-1)).toMatchObject({
    type: "openModel",
    source: { kind: "cached", folder: offer!.folder },
  });
  expect(offerAction(offer!, [])).toBe("Agree and download 252 MB");
  expect(offerAction(offer!, state().preferences.agreedRepos)).toBe("Download 252 MB");
  expect(offerAction({ ...offer!, hereBytes: 2e8 }, [])).toBe(
    "Agree and download the 51.9 MB that are missing",
  );
  expect(exceedsRoom({ ...offer!, freeBytes: 1e8 })).toBe(true);
  expect(exceedsRoom({ ...offer!, freeBytes: null })).toBe(false);
});

test("a token goes with the question, and into nothing that is kept", async () => {
  const { actions, engine, kept, rest } = await open();
  actions.setHubToken(" hf_secret ");
  void actions.lookUpModel("a/b");
  await rest();
  expect(engine.received.at(-1)).toMatchObject({ hub: { token: "hf_secret" } });
  await actions.prefer({ theme: "dark" });
  expect(JSON.stringify(kept)).not.toContain("hf_secret");
});

test("splits of a data set are opened once all are here, and loaded before only if they are not", async () => {
  const { actions, engine, rest } = await open();
  await rest();
  const splits = [
    { name: "train", rows: 48, sizeBytes: 2671, isHere: true },
    { name: "validation", rows: null, sizeBytes: 1927, isHere: false },
  ];
  const config = { name: "default", folder: "datasets--a--b@1~default", splits };
  expect(bytesToLoad(splits, ["train", "validation"])).toBe(1927);
  engine.received.length = 0;
  engine.emit(libraryOf(config.folder, ["train"]));
  void actions.openDataset(config, "train", null);
  await rest();
  // The scripted download ends without a new entry, as one that is paused does.
  void actions.openDataset(config, "train", "validation");
  await rest();
  const types = () => engine.received.map(({ type }) => type);
  expect(types()).toEqual(["openData", "download"]);
  engine.emit(libraryOf(config.folder, ["train", "validation"]));
  void actions.openDataset(config, "train", "validation");
  await rest();
  expect(types()).toEqual(["openData", "download", "download", "openData"]);
  expect(engine.received.at(-1)).toMatchObject({ dev: { split: "validation" } });
  expect(splits.map(splitText)).toEqual([
    "train, 48 rows, 2.7 kB, here already",
    "validation, 1.9 kB",
  ]);
});

test("a prompt that was shared goes to rows of the hub too, once they are open", async () => {
  const { actions, engine, rest } = await open();
  await rest();
  void actions.importSettings("#c=abc");
  await rest();
  engine.emit({ type: "imported", imported: { ...fakeImport, rules: { dataSeed: 7 } } });
  const splits = [{ name: "train", rows: 48, sizeBytes: 2671, isHere: true }];
  const config = { name: "default", folder: "datasets--a--b@1~default", splits };
  engine.emit(libraryOf(config.folder, ["train"]));
  for (const openRows of [
    () => actions.openDownloadedRows(config.folder, "train", null),
    () => actions.openDataset(config, "train", null),
  ]) {
    engine.received.length = 0;
    void openRows();
    await rest();
    expect(engine.received).toMatchObject([
      { type: "openData", train: { kind: "cached", folder: config.folder, split: "train" } },
      { type: "setTask", task: fakeImport.task },
      { type: "setRules", rules: { dataSeed: 7 } },
    ]);
  }
});

test("the split to hold out is the one with labels, where there is one", () => {
  const usual = (...names: string[]) => Object.values(usualSplits(names)).join(" ");
  expect(usual("test", "train", "validation")).toBe("train validation");
  expect(usual("train", "validation_matched", "validation_mismatched")).toBe(
    "train validation_matched",
  );
  expect(usualSplits(["train", "test"])).toEqual({ train: "train", dev: null });
});

test("a download is told as a wait with its pace, and what it waits for", () => {
  const report: DownloadReport = {
    folder: "f",
    repo: "a/b",
    kind: "model",
    state: "loading",
    files: [],
    doneBytes: 12e6,
    totalBytes: 24e6,
    bytesPerSecond: 1.2e6,
    etaSeconds: 10,
    waitSeconds: null,
  };
  expect(downloadProgress(report)).toEqual({
    label: "Downloading a/b",
    done: 12e6,
    total: 24e6,
    unit: "bytes",
  });
  expect(downloadPace(report)).toBe("1.2 MB a second, ≈ 10 s left");
  expect(downloadPace({ ...report, bytesPerSecond: null, etaSeconds: null })).toBe("");
  expect(downloadPace({ ...report, state: "waiting", waitSeconds: 60 })).toContain("in 60 s");
  expect(downloadPace({ ...report, state: "quiet" })).toContain("Waiting for the connection…");
  expect(downloadPace({ ...report, state: "offline" })).toContain("No connection");
  const library = { known: [], entries: [{ ...wholeEntry, folder: "f" }, wholeEntry] };
  const hub = { ...EMPTY_HUB, library, downloads: [report] };
  expect(entriesOf(hub, "model")).toEqual([wholeEntry]);
  const failure = { code: "E-NET-1", message: "" };
  expect(downloadFailure({ ...hub, lastFolder: "f" }, failure, "dataset")).toBeUndefined();
  expect(downloadFailure({ ...hub, lastFolder: "f" }, failure, "model")).toBe(failure);
});

test("what lies here is called by its name, its revision and its part", () => {
  expect(entryName(wholeEntry)).toBe("a/b");
  expect(entryName({ ...wholeEntry, revision: "refs/pr/35" })).toBe("a/b@refs/pr/35");
  const dataset = { ...wholeEntry, part: "boolq", splits: ["train"] };
  expect(entryName(dataset)).toBe("a/b boolq (train)");
  expect(entryName({ ...dataset, part: "default" })).toBe("a/b (train)");
});

test("what lies here says what of it can be opened, and how far a download has come", () => {
  const whence = `${formatDate(wholeEntry.savedAt)}, commit 1`;
  expect(entryNotes(wholeEntry)).toEqual([`5 B, ${whence}`]);
  const begun = { ...wholeEntry, sizeBytes: 3500, totalBytes: 5000, canResume: true };
  expect(entryNotes({ ...begun, isWhole: false, savedAt: null })).toEqual([
    "Not finished: 3.5 kB of 5.0 kB",
  ]);
  expect(entryNotes(begun)).toEqual([
    whence,
    "A further download is not finished: 3.5 kB of 5.0 kB",
  ]);
});

test("what f16 takes stands beside f32 where it takes less", () => {
  const text = (bytes: number, f16Bytes: number) => memoryText({ methods: [], bytes, f16Bytes });
  expect(text(10_975_706_112, 5_674_652_672)).toBe("f32 ≈ 11.0 GB · f16 ≈ 5.7 GB");
  expect(text(10_975_706_112, 10_980_367_872)).toBe("≈ 11.0 GB");
});
