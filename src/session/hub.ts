import { type Failure, toFailure, ZerothError } from "#base/errors.ts";
import { bindableBytes } from "#gpu/device.ts";
import { type OptConfig, parseConfig } from "#model/config.ts";
import { parameterCount, parameterTable } from "#model/parameters.ts";
import { admitModel } from "./admission.ts";
import type { Desk } from "./desk.ts";
import type { DescribedModel } from "./environment.ts";
import { memoryNeeds } from "./modelNeeds.ts";
import type { Command, HubCommand, LibraryEntry, ModelOffer } from "./protocol.ts";
import { saveAfterRoom } from "./saveAfterRoom.ts";

const types: Readonly<Record<HubCommand["type"], true>> = {
  describeModel: true,
  describeDataset: true,
  download: true,
  pauseDownload: true,
  deleteDownload: true,
  listDownloads: true,
};

export function isHubCommand(command: Command): command is Command & HubCommand {
  return Object.hasOwn(types, command.type);
}

/** What is asked of the hub and of what lies here. None of it touches the GPU or waits for a run. */
export async function askHub(desk: Desk, command: HubCommand): Promise<void> {
  const { env } = desk;
  switch (command.type) {
    case "describeModel": {
      const described = await env.hub.describeModel(command.name, command.hub);
      env.emit({ type: "offer", offer: await offerOf(desk, described) });
      return;
    }
    case "describeDataset": {
      const described = await env.hub.describeDataset(command.name, command.hub);
      const offer = { ...described, freeBytes: await env.freeBytes() };
      env.emit({ type: "datasetOffer", offer });
      return;
    }
    case "download":
      return download(desk, command);
    case "pauseDownload":
      return pause(desk, command.folder);
    case "deleteDownload":
      await remove(desk, command.folder);
      await list(desk);
      return saveAfterRoom(desk);
    case "listDownloads":
      return list(desk);
    default:
      return command satisfies never;
  }
}

/**
 * @throws ZerothError E-FILE-4 for a model that is no OPT: its config is read before its weights are
 *   loaded
 */
async function offerOf(
  desk: Desk,
  { config: json, ...described }: DescribedModel,
): Promise<ModelOffer> {
  const { device, env } = desk;
  const config = parseConfig(json);
  const bindable = device ? bindableBytes(device.info) : usualBindableBytes;
  return {
    ...described,
    parameterCount: parameterCount(parameterTable(config)),
    memory: memoryNeeds(config, bindable),
    memoryProblem: await memoryProblem(desk, config, described.repo),
    freeBytes: await env.freeBytes(),
  };
}

/** What a trial says; none where another model lies on the GPU, which would falsify it. */
async function memoryProblem(
  { device, model, training }: Desk,
  config: OptConfig,
  name: string,
): Promise<Failure | null> {
  if (!device || model || training) return null;
  try {
    await admitModel(device, config, name, "f32");
    return null;
  } catch (error) {
    if (error instanceof ZerothError && error.code === "E-MEM-1") return toFailure(error);
    throw error;
  }
}

/** The least that WebGPU promises. @see WebGPU, maxStorageBufferBindingSize */
const usualBindableBytes = 128 * 1024 * 1024;

async function download(
  desk: Desk,
  { folder, splits, hub }: Extract<HubCommand, { type: "download" }>,
): Promise<void> {
  const { env } = desk;
  if (desk.downloads.has(folder)) return;
  const pause = new AbortController();
  const loading = env.hub.download(folder, splits, hub, pause.signal, (report) => {
    const ongoing = desk.downloads.get(folder);
    if (ongoing) ongoing.report = report;
    tell(desk);
  });
  const ended = loading.catch(() => {});
  desk.downloads.set(folder, { pause, report: null, ended });
  try {
    await loading;
  } catch (error) {
    // Held by hand: what is here stays, and nothing failed.
    if (!pause.signal.aborted) throw error;
  } finally {
    desk.downloads.delete(folder);
    tell(desk);
    await list(desk).catch((error: unknown) =>
      env.emit({ type: "notice", failure: toFailure(error), kind: "problem" }),
    );
  }
}

async function pause({ downloads }: Desk, folder: string): Promise<void> {
  const ongoing = downloads.get(folder);
  ongoing?.pause.abort();
  await ongoing?.ended;
}

async function remove(desk: Desk, folder: string): Promise<void> {
  if (desk.modelFolder === folder) {
    throw new ZerothError(
      "E-BUSY-1",
      "This model is open, and its weights may be read again. Open another one first.",
    );
  }
  await pause(desk, folder);
  await desk.env.hub.delete(folder);
}

/** @throws ZerothError E-STORE-3 where nothing can be kept; models can still be named */
async function list({ env }: Desk): Promise<void> {
  const { hub } = env;
  const tellOf = (entries: readonly LibraryEntry[]) =>
    env.emit({ type: "library", library: { known: hub.known, entries } });
  try {
    tellOf(await hub.list());
  } catch (error) {
    tellOf([]);
    throw error;
  }
}

function tell({ env, downloads }: Desk): void {
  const reports = [...downloads.values()].flatMap(({ report }) => report ?? []);
  env.emit({ type: "downloads", downloads: reports });
}
