import { ZerothError } from "#base/errors.ts";
import type { ByteSource } from "#data/formats/byteSource.ts";
import {
  type BlobCache,
  type CachedRepo,
  type CacheEntry,
  type CachePlan,
  cachedFiles,
  folderOf,
} from "./blobCache.ts";
import {
  type DatasetDescription,
  describeDataset,
  isOfSplit,
  splitFiles,
  splitsOf,
} from "./dataset.ts";
import { describeRepo, type RepoDescription } from "./describeRepo.ts";
import { bytesHere, totalOf } from "./download.ts";
import { knownModels } from "./knownModels.ts";
import { type DownloadStanding, patientDownload } from "./patientDownload.ts";
import type { RepoFile } from "./repoFile.ts";
import { parseEndpoint, parseRepo } from "./repoName.ts";
import type { Hub } from "./request.ts";

/** What a library needs from its environment. */
export interface LibraryPlace {
  readonly cache: BlobCache;
  readonly fetch: typeof fetch;
  isOnline(): boolean;
  /** Resolves when there is a connection again, or early when the signal is aborted. */
  whenOnline(signal: AbortSignal): Promise<void>;
  /** Milliseconds, any origin. */
  now(): number;
  date(): Date;
  /** Waits; resolves early when the signal is aborted. */
  sleep(milliseconds: number, signal: AbortSignal): Promise<void>;
}

/** The hub to use. The token is used for this command only and not stored. */
export interface HubChoice {
  readonly endpoint: string;
  readonly token?: string;
}

/** Looks up, downloads and opens models and data sets of a hub. */
export function createLibrary(place: LibraryPlace) {
  const { cache } = place;
  /** What was looked up since the program started, by folder. */
  const described = new Map<string, CachePlan>();
  const datasets = new Map<string, DatasetDescription>();
  const hubOf = ({ endpoint, token }: HubChoice): Hub => ({
    endpoint: parseEndpoint(endpoint),
    fetch: place.fetch,
    isOnline: () => place.isOnline(),
    sleep: (milliseconds, signal) => place.sleep(milliseconds, signal),
    ...(token ? { token } : {}),
  });
  return {
    known: knownModels.map(({ repo, parameterCount, downloadBytes }) => ({
      repo,
      parameterCount,
      downloadBytes,
    })),

    async describeModel(text: string, choice: HubChoice) {
      const hub = hubOf(choice);
      const model = await describeRepo(hub, parseRepo(text, "model", hub.endpoint));
      const folder = folderOf(model);
      described.set(folder, model);
      const isHere = (await cache.list()).some((one) => one.folder === folder && one.record);
      return { ...(await factsOf(cache, model)), ...modelFacts(model), folder, isHere };
    },

    async describeDataset(text: string, choice: HubChoice) {
      const hub = hubOf(choice);
      const found = await describeDataset(hub, parseRepo(text, "dataset", hub.endpoint));
      const here = await cache.list();
      const configs = found.configs.map((config) => {
        const folder = folderOf({ ...found, kind: "dataset", part: config.name });
        datasets.set(folder, found);
        const record = here.find((entry) => entry.folder === folder)?.record;
        return { name: config.name, folder, splits: splitFacts(config.splits, record?.files) };
      });
      const { repo, commit, address, licence, isGated } = found;
      return { repo, commit, address, isGated, licence: licenceFacts(found, licence), configs };
    },

    /**
     * Downloads a folder that was looked up or partly downloaded before; pauses when the signal is aborted.
     *
     * @param splits of a data set, the splits to download
     * @throws as `download`; ZerothError E-NET-3 if the folder was never looked up
     */
    async download(
      folder: string,
      splits: readonly string[],
      choice: HubChoice,
      signal: AbortSignal,
      onStanding: (standing: DownloadStanding) => void,
    ): Promise<void> {
      const entry = (await cache.list()).find((one) => one.folder === folder);
      const plan =
        described.get(folder) ??
        datasetPlan(datasets.get(folder), folder, splits, entry) ??
        entry?.plan ??
        entry?.record;
      if (!plan) throw forgotten();
      await patientDownload({ ...place, hub: hubOf(choice), repo: plan, signal }, onStanding);
    },

    async list() {
      const entries = await Promise.all((await cache.list()).map((one) => entryOf(cache, one)));
      return entries.sort((a, b) => (a.repo < b.repo ? -1 : 1));
    },

    /**
     * Opens a downloaded model, or the files of one split of a data set.
     *
     * @throws ZerothError E-STORE-3 if it was not downloaded or was deleted
     */
    async open(folder: string, split?: string) {
      const entry = (await cache.list()).find((one) => one.folder === folder);
      if (!entry?.record) throw notHere();
      const { record } = entry;
      const files = cachedFiles(cache, record).map(explained);
      const wanted = files.filter(({ name }) => split === undefined || isOfSplit(name, split));
      if (wanted.length === 0) throw notHere();
      return { entry: await entryOf(cache, entry), files: wanted };
    },

    delete: (folder: string) => cache.delete(folder),
  };
}

function modelFacts(model: RepoDescription) {
  const { config, isGated } = model;
  return { config, isGated };
}

/** A plan as it is shown before and during the download. */
async function factsOf(cache: BlobCache, plan: CachePlan) {
  const here = await bytesHere(cache, plan);
  const { repo, revision, commit, address, licence, files } = plan;
  return {
    repo,
    revision,
    commit,
    address,
    licence: licenceFacts(plan, licence),
    files: files.map(({ path, sizeBytes }) => ({ path, sizeBytes })),
    totalBytes: totalOf(plan),
    hereBytes: here.reduce((sum, bytes) => sum + bytes, 0),
  };
}

function licenceFacts(
  { address, commit }: Pick<CachePlan, "address" | "commit">,
  { id, summary, file }: CachePlan["licence"],
) {
  return { id, summary, address: file === null ? address : `${address}/blob/${commit}/${file}` };
}

function splitFacts(
  splits: DatasetDescription["configs"][number]["splits"],
  here: readonly RepoFile[] = [],
) {
  return splits.map(({ name, rows, sizeBytes }) => ({
    name,
    rows,
    sizeBytes,
    isHere: here.some(({ path }) => isOfSplit(path, name)),
  }));
}

/** The requested splits and those downloaded before: the record of a folder lists all its files. */
function datasetPlan(
  found: DatasetDescription | undefined,
  folder: string,
  splits: readonly string[],
  entry: CacheEntry | undefined,
): CachePlan | undefined {
  const config = found?.configs.find(
    ({ name }) => folder === folderOf({ ...found, kind: "dataset", part: name }),
  );
  if (!found || !config || splits.length === 0) return undefined;
  const wanted = splitFiles(found, config, splits);
  const kept = entry?.record?.files.filter(({ path }) => !wanted.some((one) => one.path === path));
  const { repo, revision, commit, licence, address } = found;
  return {
    kind: "dataset",
    part: config.name,
    format: "parquet",
    repo,
    revision,
    commit,
    licence,
    address,
    files: [...wanted, ...(kept ?? [])],
  };
}

async function entryOf(cache: BlobCache, { folder, record, plan, sizeBytes }: CacheEntry) {
  const told: CachedRepo | null = record ?? plan;
  // If there are both, the plan has more: a further split besides everything downloaded before.
  const facts = told && (await factsOf(cache, plan ?? told));
  return {
    folder,
    sizeBytes,
    isWhole: record !== null,
    kind: told?.kind ?? "model",
    part: told?.part ?? null,
    repo: told?.repo ?? folder,
    revision: told?.revision ?? "",
    commit: told?.commit ?? "",
    address: told?.address ?? "",
    licence: told?.licence.id ?? "unknown",
    totalBytes: facts?.totalBytes ?? sizeBytes,
    // With a plan damaged by a crash and no record, the folder can only be deleted.
    canResume: plan !== null,
    splits: told?.kind === "dataset" ? splitsOf(told.files) : [],
    savedAt: record?.savedAt ?? null,
  };
}

/** The file, with a clear error if another tab deleted it. */
function explained(file: ByteSource): ByteSource {
  return {
    ...file,
    read: async (start, end) => {
      try {
        return await file.read(start, end);
      } catch (cause) {
        if (cause instanceof Error && cause.name === "NotFoundError") throw notHere(cause);
        throw cause;
      }
    },
  };
}

function notHere(cause?: unknown): ZerothError {
  return new ZerothError(
    "E-STORE-3",
    "This download is no longer in the browser's storage. Download it again.",
    { cause },
  );
}

function forgotten(): ZerothError {
  return new ZerothError(
    "E-NET-3",
    "This download was not looked up since the page was opened. Look up the model or data set again.",
  );
}
