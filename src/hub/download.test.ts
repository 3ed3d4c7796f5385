import { afterEach, expect, test } from "vitest";
import { type BlobCache, cachedFiles, findCached, folderOf } from "./blobCache.ts";
import { describeRepo } from "./describeRepo.ts";
import { bytesHere, type DownloadOptions, type DownloadProgress, download } from "./download.ts";
import { memoryCache } from "./memoryCache.ts";
import { clockDuring, type LocalHub, startLocalHub } from "./testing/localHub.ts";
import { COMMIT, modelContent, modelFiles } from "./testing/models.ts";

const WEIGHTS = `/facebook/opt-125m/resolve/${COMMIT}/pytorch_model.bin`;
const opened: LocalHub[] = [];
afterEach(async () => {
  for (const local of opened.splice(0)) await local.close();
});

interface Scene {
  readonly local: LocalHub;
  readonly cache: BlobCache;
  readonly options: DownloadOptions;
  readonly progress: DownloadProgress[];
  readonly pause: AbortController;
  readonly waits: number[];
}

async function scene(cache = memoryCache()): Promise<Scene> {
  const local = await startLocalHub(modelContent());
  opened.push(local);
  const repo = await describeRepo(local.hub, { repo: "facebook/opt-125m", revision: "main" });
  local.requests.length = 0;
  const progress: DownloadProgress[] = [];
  const waits: number[] = [];
  const pause = new AbortController();
  const options: DownloadOptions = {
    hub: local.hub,
    cache,
    repo,
    signal: pause.signal,
    now: () => performance.now(),
    date: () => new Date("2025-01-02T03:04:05Z"),
    sleep: async (milliseconds) => void waits.push(milliseconds),
    onProgress: (one) => void progress.push(one),
  };
  return { local, cache, options, progress, pause, waits };
}

async function holdsWeights(cache: BlobCache): Promise<boolean> {
  const record = await findCached(cache, { repo: "facebook/opt-125m", revision: "main" });
  const file = cachedFiles(cache, record!).find(({ name }) => name === "pytorch_model.bin");
  return Buffer.compare(await file!.read(0, file!.sizeBytes), expected!) === 0;
}

const expected = modelFiles()["pytorch_model.bin"];
const rangesOf = ({ requests }: LocalHub) =>
  requests.filter((request) => request.includes(WEIGHTS)).map((request) => request.split(" ")[2]);

/** The hub with a connection that fails, as a page sees it, at these requests for the weights. */
function failingAt(local: LocalHub, isFailing: (request: number) => boolean) {
  const ranges: (string | null)[] = [];
  const fetchFailing: typeof fetch = (url, init) => {
    if (!String(url).endsWith(WEIGHTS)) return local.hub.fetch(url, init);
    const at = ranges.push(new Headers(init?.headers).get("Range")) - 1;
    return isFailing(at)
      ? Promise.reject(new TypeError("Failed to fetch"))
      : local.hub.fetch(url, init);
  };
  return { hub: { ...local.hub, fetch: fetchFailing }, ranges };
}

test("a model is downloaded file by file and then opens without a connection", async () => {
  const { local, cache, options, progress } = await scene();
  await download(options);
  local.isOffline = true;
  const record = await findCached(cache, { repo: "facebook/opt-125m", revision: "main" });
  expect(record?.commit).toBe(COMMIT);
  expect(await holdsWeights(cache)).toBe(true);
  const last = progress.at(-1);
  expect(last).toMatchObject({ done: last?.total, fileDone: 300_000, activity: "loading" });
  const dones = progress.map(({ done }) => done);
  expect(dones).toEqual([...dones].sort((a, b) => a - b));
});

test("a paused download continues with the missing bytes, also after a reload", async () => {
  const { local, cache, options, pause } = await scene();
  const half: DownloadOptions = {
    ...options,
    onProgress: ({ path, fileDone }) => {
      if (path === "pytorch_model.bin" && fileDone > 1000) pause.abort();
    },
  };
  await expect(download(half)).rejects.toMatchObject({ name: "AbortError" });
  const here = await cache.sizeOf(folderOf(options.repo), "pytorch_model.bin");
  expect(here).toBeGreaterThan(1000);
  expect(here).toBeLessThan(300_000);
  expect(await bytesHere(cache, options.repo)).toContain(here);
  expect(await findCached(cache, options.repo)).toBeUndefined();

  await download({ ...options, signal: new AbortController().signal });
  expect(await holdsWeights(cache)).toBe(true);
  expect(rangesOf(local)).toEqual([undefined, `bytes=${here}-`]);
});

test("a dropped connection continues from the last byte", async () => {
  const { local, cache, options, waits } = await scene();
  local.faults.set(WEIGHTS, [
    { kind: "drop", afterBytes: 100_000 },
    { kind: "drop", afterBytes: 50_000 },
  ]);
  await download(options);
  expect(await holdsWeights(cache)).toBe(true);
  expect(rangesOf(local)).toEqual([undefined, "bytes=100000-", "bytes=150000-"]);
  expect(waits).toEqual([500, 500]);
});

test("a silent connection is reported and continues from the last byte", async () => {
  const { local, cache, options, progress, waits } = await scene();
  local.faults.set(WEIGHTS, [{ kind: "stall", afterBytes: 100_000 }]);
  let asked = 0;
  const fetchCounting: typeof fetch = (url, init) => {
    asked += String(url).endsWith(WEIGHTS) ? 1 : 0;
    return local.hub.fetch(url, init);
  };
  const sleep = clockDuring(() => asked === 1 && progress.at(-1)?.fileDone === 100_000);
  await download({ ...options, hub: { ...local.hub, fetch: fetchCounting, sleep } });
  expect(await holdsWeights(cache)).toBe(true);
  expect(rangesOf(local)).toEqual([undefined, "bytes=100000-"]);
  expect(waits).toEqual([500]);
  const heard = progress.filter(({ path }) => path === "pytorch_model.bin");
  const at = heard.findIndex(({ activity }) => activity === "quiet");
  // After five seconds, and once more when the connection was given up.
  expect(heard.slice(at, at + 3)).toMatchObject([
    { activity: "quiet", fileDone: 100_000, bytesPerSecond: null },
    { activity: "quiet", fileDone: 100_000, bytesPerSecond: null },
    { activity: "loading" },
  ]);
});

test("a server error costs a pause and no loaded bytes", async () => {
  const { local, cache, options, waits } = await scene();
  local.faults.set(WEIGHTS, [
    { kind: "drop", afterBytes: 100_000 },
    { kind: "status", status: 503 },
  ]);
  await download(options);
  expect(await holdsWeights(cache)).toBe(true);
  expect(rangesOf(local)).toEqual([undefined, "bytes=100000-", "bytes=100000-"]);
  expect(waits).toEqual([500, 500]);
  expect(local.sentBytes.get(WEIGHTS)).toBe(300_000);
});

test("a server that keeps failing ends the download with its status and keeps loaded bytes", async () => {
  const { local, cache, options, waits } = await scene();
  const fault = { kind: "status", status: 502 } as const;
  local.faults.set(WEIGHTS, [{ kind: "drop", afterBytes: 1000 }, fault, fault, fault, fault]);
  await expect(download(options)).rejects.toMatchObject({
    code: "E-NET-5",
    message: expect.stringContaining("status 502"),
  });
  expect(waits).toEqual([500, 500, 2000, 8000]);
  expect(await cache.sizeOf(folderOf(options.repo), "pytorch_model.bin")).toBe(1000);
});

test("a failed connection attempt is repeated from the last byte", async () => {
  const { local, cache, options, waits } = await scene();
  local.faults.set(WEIGHTS, [{ kind: "drop", afterBytes: 100_000 }]);
  const { hub, ranges } = failingAt(local, (request) => request === 0 || request === 2);
  await download({ ...options, hub });
  expect(await holdsWeights(cache)).toBe(true);
  expect(ranges).toEqual([null, null, "bytes=100000-", "bytes=100000-"]);
  expect(waits).toEqual([500, 500, 500]);
});

test("a hub that answered a moment ago and stops answering is a lost connection", async () => {
  const { local, cache, options } = await scene();
  local.faults.set(WEIGHTS, [{ kind: "drop", afterBytes: 100_000 }]);
  const { hub, ranges } = failingAt(local, (request) => request > 0);
  await expect(download({ ...options, hub })).rejects.toMatchObject({ code: "E-NET-1" });
  expect(ranges).toEqual([null, ...Array(4).fill("bytes=100000-")]);
  expect(await cache.sizeOf(folderOf(options.repo), "pytorch_model.bin")).toBe(100_000);
});

test("a mirror that does not allow pages to read its files is reported after the usual pauses", async () => {
  const { local, options, waits } = await scene();
  const { hub } = failingAt(local, () => true);
  await expect(download({ ...options, hub })).rejects.toMatchObject({
    code: "E-NET-6",
    message: expect.stringContaining("does not let web pages read pytorch_model.bin"),
  });
  expect(waits).toEqual([500, 2000, 8000]);
});

test("a connection without bytes is given up after three pauses, and loaded bytes are kept", async () => {
  const { local, cache, options, waits } = await scene();
  const drop = { kind: "drop", afterBytes: 0 } as const;
  local.faults.set(WEIGHTS, [{ kind: "drop", afterBytes: 1000 }, drop, drop, drop, drop]);
  await expect(download(options)).rejects.toMatchObject({ code: "E-NET-1" });
  expect(waits).toEqual([500, 500, 2000, 8000]);
  expect(await cache.sizeOf(folderOf(options.repo), "pytorch_model.bin")).toBe(1000);
  await download(options);
  expect(await holdsWeights(cache)).toBe(true);
});

test("a server that ignores ranges makes a file start over", async () => {
  const { local, cache, options } = await scene();
  local.ignoresRanges = true;
  local.faults.set(WEIGHTS, [{ kind: "drop", afterBytes: 100_000 }]);
  await download(options);
  expect(await holdsWeights(cache)).toBe(true);
});

test("a server that refuses a range is asked for the whole file", async () => {
  const { local, cache, options } = await scene();
  local.faults.set(WEIGHTS, [
    { kind: "drop", afterBytes: 100_000 },
    { kind: "status", status: 416 },
  ]);
  await download(options);
  expect(await holdsWeights(cache)).toBe(true);
  expect(rangesOf(local)).toEqual([undefined, "bytes=100000-", undefined]);
});

test("a file that does not match its published hash is deleted and no record is written", async () => {
  const { local, cache, options } = await scene();
  local.faults.set(WEIGHTS, [{ kind: "flipByte", at: 5 }]);
  await expect(download(options)).rejects.toMatchObject({
    code: "E-FILE-3",
    message: expect.stringContaining("does not match the checksum"),
  });
  expect(await cache.sizeOf(folderOf(options.repo), "pytorch_model.bin")).toBe(0);
  expect(await findCached(cache, options.repo)).toBeUndefined();
});

test("a small file is checked too, by git's hash", async () => {
  const { local, options } = await scene();
  local.faults.set(`/facebook/opt-125m/resolve/${COMMIT}/vocab.json`, [
    { kind: "flipByte", at: 3 },
  ]);
  await expect(download(options)).rejects.toThrow("vocab.json of facebook/opt-125m");
});

test("bytes damaged by a crash are detected and loaded again", async () => {
  const { local, cache, options } = await scene();
  const writer = await cache.append(folderOf(options.repo), "pytorch_model.bin", 0);
  await writer.write(new Uint8Array(1000).fill(7));
  await writer.close();
  await download(options);
  expect(await holdsWeights(cache)).toBe(true);
  expect(rangesOf(local)).toEqual(["bytes=1000-", undefined]);
});

test("a request to wait stops the download and keeps loaded bytes", async () => {
  const { local, cache, options } = await scene();
  const wait = { kind: "status", status: 429, headers: { "Retry-After": "7" } } as const;
  local.faults.set(WEIGHTS, [{ kind: "drop", afterBytes: 100_000 }, wait]);
  await expect(download(options)).rejects.toMatchObject({ code: "E-NET-4", retryAfterSeconds: 7 });
  expect(await cache.sizeOf(folderOf(options.repo), "pytorch_model.bin")).toBe(100_000);
});

test("full storage stops the download and keeps written bytes", async () => {
  const { cache, options } = await scene(memoryCache(200_000));
  await expect(download(options)).rejects.toMatchObject({ code: "E-STORE-2" });
  expect(await cache.sizeOf(folderOf(options.repo), "pytorch_model.bin")).toBeGreaterThan(0);
});

test("complete files are not requested again", async () => {
  const { local, options } = await scene();
  await download(options);
  local.requests.length = 0;
  await download(options);
  expect(local.requests).toEqual([]);
});
