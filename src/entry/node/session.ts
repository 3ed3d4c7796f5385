import { randomUUID } from "node:crypto";
import { statfs } from "node:fs/promises";
import { type Failure, fromFailure } from "#base/errors.ts";
import type { Store } from "#run/store/store.ts";
import type {
  DemoAssets,
  Environment,
  HubLibrary,
  ModelLocks,
  RunLocks,
} from "#session/environment.ts";
import type { CommandBody, EngineEvent } from "#session/protocol.ts";
import type { KernelsReport, Progress, RunSummary } from "#session/reports.ts";
import { createSession } from "#session/session.ts";
import { openFolderForReading, openFolderStore } from "#storage/folderStore.ts";
import { memoryStore } from "#storage/memoryStore.ts";
import { filesOfRun, openRunFiles } from "#storage/runFiles.ts";
import { isBeingWritten } from "#storage/writerLock.ts";
import { parser } from "./files.ts";
import { readShaders } from "./gpu.ts";
import { noVulkan } from "./open.ts";
import { openTunings, tuningFolder } from "./tunings.ts";

/** Where a command keeps its runs: in a folder, which it writes or only reads, or in memory until it ends. */
export type RunPlace =
  | { readonly kind: "folder"; readonly path: string; readonly access: "write" | "read" }
  | { readonly kind: "memory" };

/** A session of the command line. Notices, kernels and progress are written to stderr. */
export interface NodeSession {
  /** Runs a command to its end. @throws ZerothError as the command fails */
  ask(command: CommandBody): Promise<void>;
  /** The stored runs, the newest first. */
  listRuns(): Promise<readonly RunSummary[]>;
}

/**
 * Runs an action with a session over these runs, and closes them afterwards.
 *
 * @param onEvent receives every event, before the command that caused it ends
 * @throws ZerothError E-STORE-6 if another process writes to the folder, E-STORE-4 if it cannot be used
 */
export async function withSession<T>(
  place: RunPlace,
  gpu: GPU | undefined,
  onEvent: (event: EngineEvent) => void,
  action: (session: NodeSession) => Promise<T>,
): Promise<T> {
  const store = await openStore(place);
  const failures = new Map<number, Failure>();
  let runs: readonly RunSummary[] = [];
  const { tunings } = await openTunings();
  const env: Environment = {
    gpu,
    sources: readShaders(),
    openStore: async () => store,
    demo: noDemo,
    hub: noHub,
    parser,
    locks: runLocks(place, store),
    modelLocks: modelLocks(),
    tabs: { ask: async () => null, onAsk: () => {} },
    now: () => performance.now(),
    date: () => new Date(),
    newId: () => randomUUID(),
    freeBytes: () => freeBytes(place),
    runFiles: { open: openRunFiles, filesOf: filesOfRun },
    emit: (event) => {
      if (event.type === "failed") failures.set(event.id, event.failure);
      if (event.type === "runs") runs = event.runs;
      tell(event);
      onEvent(event);
    },
    tunings,
    ...(place.kind === "memory" && { isTemporary: true }),
  };
  const session = createSession(env);
  let commands = 0;
  const ask = async (command: CommandBody) => {
    const id = ++commands;
    await session.handle({ ...command, id });
    const failure = failures.get(id);
    if (failure?.code === "E-GPU-2") throw noVulkan();
    if (failure) throw fromFailure(failure);
  };
  const listRuns = async () => {
    await ask({ type: "listRuns" });
    return runs;
  };
  try {
    return await action({ ask, listRuns });
  } finally {
    await store.close();
  }
}

function openStore(place: RunPlace): Promise<Store> {
  if (place.kind === "memory") return Promise.resolve(memoryStore());
  return place.access === "write" ? openFolderStore(place.path) : openFolderForReading(place.path);
}

/** The folder's writer lock keeps other processes away; who only reads finds out whether one writes. */
function runLocks(place: RunPlace, store: Store): RunLocks {
  const own = new Set<string>();
  return {
    acquire: async (runId) => {
      if (own.has(runId)) return null;
      own.add(runId);
      return () => void own.delete(runId);
    },
    held: async () => {
      const isReader = place.kind === "folder" && place.access === "read";
      return isReader && (await isBeingWritten(place.path))
        ? new Set(await store.keys("runs"))
        : own;
    },
  };
}

/** Models in use by this process, which has the store to itself. */
function modelLocks(): ModelLocks {
  const users = new Map<string, number>();
  return {
    share: async (modelId) => {
      users.set(modelId, (users.get(modelId) ?? 0) + 1);
      return () => void users.set(modelId, (users.get(modelId) ?? 1) - 1);
    },
    takeAlone: async (modelId) => ((users.get(modelId) ?? 0) > 0 ? null : () => {}),
  };
}

async function freeBytes(place: RunPlace): Promise<number | null> {
  if (place.kind === "memory") return null;
  const { bavail, bsize } = await statfs(place.path);
  return bavail * bsize;
}

function tell(event: EngineEvent): void {
  switch (event.type) {
    case "notice":
      console.error(event.failure.message);
      break;
    case "kernels":
      for (const line of kernelLines(event.kernels, tuningFolder)) console.error(line);
      break;
    case "progress":
      tellProgress(event.progress);
      break;
    default:
  }
}

/** On a terminal only: a log needs no progress. */
function tellProgress(progress: Progress | null): void {
  if (!process.stderr.isTTY) return;
  const text = progress ? `${progress.label} ${progress.done}/${progress.total}` : "";
  process.stderr.write(`\r\u001b[K${text}`);
}

/** The kernels that were measured to be the fastest, in sentences; none where nothing was measured. */
export function kernelLines(
  { measured, classes, refused }: KernelsReport,
  folder: string,
): readonly string[] {
  if (!measured) return [];
  const { at, milliseconds } = measured;
  const when = `measured on ${at.slice(0, 10)} in ${(milliseconds / 1000).toFixed(1)} s`;
  const choices = classes.map(({ name, kernel, gflops }) => {
    return `${name} ${kernel}${gflops === null ? "" : ` ${gflops.toFixed(1)} GFLOP/s`}`;
  });
  return [
    ...refused,
    `Matrix products, ${when}: ${choices.join(", ")}.`,
    `To measure them again, delete ${folder}.`,
  ];
}

const missing = (what: string) => () => Promise.reject(new Error(`There is no ${what} here.`));

const noDemo: DemoAssets = {
  describe: missing("demo"),
  files: missing("demo"),
  text: missing("demo"),
};

/** A hub without models, for sessions that need none. */
export const noHub: HubLibrary = {
  known: [],
  describeModel: missing("hub"),
  describeDataset: missing("hub"),
  download: missing("hub"),
  list: async () => [],
  open: missing("hub"),
  delete: async () => {},
};
