import { readFileSync } from "node:fs";
import { afterEach, expect, test } from "vitest";
import { directParser } from "#data/parser/parser.ts";
import type { BlobCache } from "#hub/blobCache.ts";
import { createLibrary } from "#hub/library.ts";
import { memoryCache } from "#hub/memoryCache.ts";
import { QUIET_MS } from "#hub/silence.ts";
import {
  type HubContent,
  type LocalHub,
  startLocalHub,
  untilAborted,
} from "#hub/testing/localHub.ts";
import { COMMIT, noise } from "#hub/testing/models.ts";
import { memoryStore } from "#storage/memoryStore.ts";
import type { Environment } from "./environment.ts";
import type { HubChoice } from "./hubReports.ts";
import type { CommandBody, EngineEvent } from "./protocol.ts";
import { createSession } from "./session.ts";

const folder = `facebook--opt-125m@${COMMIT}`;
const model = "facebook/opt-125m";
const WEIGHTS = `/${model}/resolve/${COMMIT}/model.safetensors`;
const SECRET = "hf_secretToken";
const at = (name: string) =>
  new Uint8Array(
    readFileSync(new URL(`../../test/fixtures/opt-tiny-pre-ln/${name}`, import.meta.url)),
  );
const names = ["config.json", "vocab.json", "merges.txt", "model.safetensors"];
const content: HubContent = {
  repo: model,
  commit: COMMIT,
  cardData: { license: "other" },
  files: Object.fromEntries(names.map((name) => [name, at(name)])),
};

const opened: LocalHub[] = [];
afterEach(async () => {
  for (const local of opened.splice(0)) await local.close();
});

interface Tab {
  readonly events: EngineEvent[];
  readonly hub: HubChoice;
  readonly waits: number[];
  /** Resolves to the refusal, or undefined where it was done. */
  ask(command: CommandBody): Promise<string | undefined>;
  last<T extends EngineEvent["type"]>(type: T): Extract<EngineEvent, { type: T }>;
}

async function open(given: Partial<HubContent> = {}, cache = memoryCache()) {
  const local = await startLocalHub({ ...content, ...given });
  opened.push(local);
  return { local, cache, tab: openTab(local, cache) };
}

/** A session without a GPU: the hub needs none. */
function openTab(local: LocalHub, cache: BlobCache): Tab {
  const events: EngineEvent[] = [];
  const waits: number[] = [];
  const never = () => Promise.reject(new Error("Nobody asks for this here."));
  const env: Environment = {
    gpu: undefined,
    sources: new Map(),
    openStore: async () => memoryStore(),
    demo: { describe: never, files: never, text: never },
    hub: createLibrary({
      cache,
      fetch: (url, init) => local.hub.fetch(url, init),
      isOnline: () => !local.isOffline,
      whenOnline: async () => {
        local.isOffline = false;
      },
      now: () => performance.now(),
      date: () => new Date("2025-01-02T03:04:05Z"),
      sleep: async (milliseconds, signal) => {
        // Patience with a silent connection never ends here.
        if (milliseconds === QUIET_MS) return untilAborted(signal);
        // Shorter ones are between two tellings.
        if (milliseconds >= 500) waits.push(milliseconds);
      },
    }),
    parser: directParser,
    locks: { acquire: async () => () => {}, held: async () => new Set() },
    modelLocks: { share: async () => () => {}, takeAlone: async () => () => {} },
    tabs: { ask: async () => null, onAsk: () => {} },
    now: () => performance.now(),
    date: () => new Date(),
    newId: () => "run",
    freeBytes: async () => 5e9,
    runFiles: { open: async () => [], filesOf: async () => [] },
    emit: (event) => void events.push(event),
  };
  const session = createSession(env);
  let id = 0;
  return {
    events,
    waits,
    hub: { endpoint: local.hub.endpoint },
    ask: async (command) => {
      const own = ++id;
      await session.handle({ ...command, id: own });
      const answer = events.find((event) => event.type === "failed" && event.id === own);
      return answer?.type === "failed"
        ? `${answer.failure.code} ${answer.failure.message}`
        : undefined;
    },
    last: (type) => {
      const found = events.findLast((event) => event.type === type);
      if (found?.type === type) return found as Extract<EngineEvent, { type: typeof type }>;
      throw new Error(`No ${type} was told of.`);
    },
  };
}

const lookUp = (tab: Tab, name = model) => tab.ask({ type: "describeModel", name, hub: tab.hub });
const load = (tab: Tab, splits: readonly string[] = [], of = folder) =>
  tab.ask({ type: "download", folder: of, splits, hub: tab.hub });

test("before any weights are loaded, an offer reports download, storage and GPU memory of a model", async () => {
  const { local, tab } = await open();
  expect(await lookUp(tab)).toBeUndefined();
  const { offer } = tab.last("offer");
  const sizes = names.map((name) => at(name).length);
  expect(offer).toMatchObject({
    repo: model,
    revision: "main",
    commit: COMMIT,
    folder,
    isHere: false,
    hereBytes: 0,
    totalBytes: sizes.reduce((a, b) => a + b),
    freeBytes: 5e9,
    licence: { address: `${local.hub.endpoint}/${model}/blob/${COMMIT}/LICENSE.md` },
    // sum(prod(shape)) of test/fixtures/opt-tiny-pre-ln/parameters.json, as transformers lists them.
    parameterCount: 153_472,
  });
  expect(offer.licence.summary).toMatch(/non-commercial research/);
  // A byte plan of its own has tests; here it must be there, and grow with what a method keeps.
  const { rows, byMethod } = offer.memory;
  expect(rows).toBe(16);
  expect(byMethod.flatMap(({ methods }) => methods)).toHaveLength(6);
  expect(byMethod[0]?.methods).toContain("MeZO");
  const [least, most] = [byMethod[0]?.bytes ?? 0, byMethod.at(-1)?.bytes ?? 0];
  expect(least).toBeGreaterThan(offer.parameterCount * 4);
  expect(most).toBeGreaterThan(least + offer.parameterCount * 4);
  // Two bytes a weight are saved but for the few vectors, and none where a run must keep a copy.
  const savedBy = (name: string) => {
    const { bytes, f16Bytes } = byMethod.find(({ methods }) => methods.includes(name))!;
    return (bytes - f16Bytes) / (2 * offer.parameterCount);
  };
  expect(savedBy("MeZO")).toBeGreaterThan(0.95);
  expect(savedBy("MeZO")).toBeLessThan(1);
  expect(savedBy("MeZO-SVRG")).toBeLessThanOrEqual(0);
  expect(local.requests.some((request) => request.includes("safetensors"))).toBe(false);
});

test("a download reports its progress and ends in the library with its origin", async () => {
  const { tab } = await open();
  await lookUp(tab);
  expect(await load(tab)).toBeUndefined();
  const standings = tab.events.flatMap((event) =>
    event.type === "downloads" ? event.downloads : [],
  );
  const dones = standings.map(({ doneBytes }) => doneBytes);
  expect(dones).toEqual([...dones].sort((a, b) => a - b));
  expect(standings.at(-1)).toMatchObject({ folder, doneBytes: standings[0]?.totalBytes });
  expect(tab.last("downloads").downloads).toEqual([]);
  expect(tab.last("library").library.entries).toMatchObject([
    { folder, repo: model, commit: COMMIT, isWhole: true, savedAt: "2025-01-02T03:04:05.000Z" },
  ]);
  await lookUp(tab);
  expect(tab.last("offer").offer.isHere).toBe(true);
});

test("a download that was paused continues after a reload without loading anything twice", async () => {
  const { local, cache, tab } = await open();
  await lookUp(tab);
  local.faults.set(WEIGHTS, [{ kind: "stall", afterBytes: 200_000 }]);
  const loading = load(tab);
  while ((await cache.sizeOf(folder, "model.safetensors")) < 200_000) {
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  await tab.ask({ type: "pauseDownload", folder });
  expect(await loading).toBeUndefined();
  expect(tab.last("library").library.entries).toMatchObject([{ isWhole: false, canResume: true }]);

  const again = openTab(local, cache);
  await again.ask({ type: "listDownloads" });
  const [entry] = again.last("library").library.entries;
  expect(entry).toMatchObject({ repo: model, canResume: true });
  expect(await load(again)).toBeUndefined();
  expect(again.last("library").library.entries).toMatchObject([{ isWhole: true }]);
  const served = [...local.sentBytes].filter(([path]) => path.endsWith(".safetensors"));
  expect(served).toEqual([[WEIGHTS, at("model.safetensors").length]]);
});

test("a download waits as long as the hub requests, and while there is no connection", async () => {
  const { local, tab } = await open();
  await lookUp(tab);
  const busy = { kind: "status", status: 429, headers: { "Retry-After": "3" } } as const;
  local.faults.set(WEIGHTS, [busy]);
  expect(await load(tab)).toBeUndefined();
  expect(tab.waits).toEqual([1000, 1000, 1000]);
  const waiting = tab.events.flatMap((event) =>
    event.type === "downloads" ? (event.downloads[0]?.waitSeconds ?? []) : [],
  );
  expect(waiting).toEqual([3, 2, 1]);

  await tab.ask({ type: "deleteDownload", folder });
  local.isOffline = true;
  expect(await load(tab)).toBeUndefined();
  expect(tab.last("library").library.entries).toMatchObject([{ isWhole: true }]);
});

test("a broken connection is reported as waiting until bytes arrive again", async () => {
  const { local, tab } = await open();
  await lookUp(tab);
  local.faults.set(WEIGHTS, [{ kind: "drop", afterBytes: 200_000 }]);
  expect(await load(tab)).toBeUndefined();
  const standings = tab.events.flatMap((event) =>
    event.type === "downloads" ? event.downloads : [],
  );
  const at = standings.findIndex(({ state }) => state === "quiet");
  expect(standings[at]).toMatchObject({ bytesPerSecond: null, etaSeconds: null });
  expect(standings[at + 1]?.state).toBe("loading");
});

test("a file that does not match its hash ends the download and is removed", async () => {
  const { local, cache, tab } = await open();
  await lookUp(tab);
  local.faults.set(WEIGHTS, [{ kind: "flipByte", at: 99 }]);
  expect(await load(tab)).toMatch(/^E-FILE-3 .* does not match the checksum/);
  expect(await cache.sizeOf(folder, "model.safetensors")).toBe(0);
  expect(tab.last("library").library.entries).toMatchObject([{ isWhole: false }]);
});

test("a token opens a gated model and appears in no event, error or record", async () => {
  const { local, cache, tab } = await open({ token: SECRET });
  expect(await lookUp(tab)).toMatch(/^E-NET-2 .*enter a read token/);
  const wrong = { ...tab.hub, token: `${SECRET}x` };
  const refusal = await tab.ask({ type: "describeModel", name: model, hub: wrong });
  expect(refusal).toMatch(/^E-NET-2 .*does not give access/);
  const hub = { ...tab.hub, token: SECRET };
  expect(await tab.ask({ type: "describeModel", name: model, hub })).toBeUndefined();
  expect(await tab.ask({ type: "download", folder, splits: [], hub })).toBeUndefined();
  expect(local.tokens).toContain(`Bearer ${SECRET}`);
  expect(JSON.stringify([tab.events, await cache.list()])).not.toContain(SECRET);
});

test("an unsupported model is rejected by its config, before the download", async () => {
  const config = new TextEncoder().encode('{"model_type":"llama","architectures":["Llama"]}');
  const { local, tab } = await open({ files: { ...content.files, "config.json": config } });
  expect(await lookUp(tab)).toMatch(/^E-FILE-4 /);
  expect(local.requests.some((request) => request.includes("safetensors"))).toBe(false);
});

test("splits of a data set are downloaded one after another into one folder", async () => {
  const files = {
    "default/train/0000.parquet": noise(3000),
    "default/validation/0000.parquet": noise(2000),
  };
  const { local, tab } = await open({ datasets: { "org/set": { files } } });
  await tab.ask({ type: "describeDataset", name: "org/set", hub: tab.hub });
  const [config] = tab.last("datasetOffer").offer.configs;
  const of = config?.folder ?? "";
  await load(tab, ["train"], of);
  expect(tab.last("library").library.entries).toMatchObject([{ splits: ["train"] }]);
  await load(tab, ["validation"], of);
  const [entry] = tab.last("library").library.entries;
  expect([...(entry?.splits ?? [])].sort()).toEqual(["train", "validation"]);
  const train = [...local.sentBytes].find(([path]) => path.includes("/train/"));
  expect(train?.[1]).toBe(3000);
  await tab.ask({ type: "deleteDownload", folder: of });
  expect(tab.last("library").library.entries).toEqual([]);
});
