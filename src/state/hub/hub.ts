import type { Failure } from "#base/errors.ts";
import type {
  DatasetConfigOffer,
  DatasetOffer,
  DownloadReport,
  LibraryEntry,
  LibraryReport,
  ModelOffer,
} from "#session/hubReports.ts";
import type { HubEvent } from "#session/protocol.ts";
import type { Progress } from "#session/reports.ts";
import {
  formatBytes,
  formatDate,
  formatDuration,
  formatEstimate,
  formatPlural,
} from "../text/format.ts";

/** What the page knows of the hub, and of what was downloaded from it. */
export interface HubState {
  /** The model looked up last, to be agreed to. */
  readonly offer: ModelOffer | null;
  readonly datasetOffer: DatasetOffer | null;
  readonly downloads: readonly DownloadReport[];
  readonly library: LibraryReport | null;
  /** The folder whose download was asked for last: a refusal speaks of it. */
  readonly lastFolder: string;
  /** Lives as long as the page, and is written nowhere. */
  readonly token: string;
}

export const EMPTY_HUB: HubState = {
  offer: null,
  datasetOffer: null,
  downloads: [],
  library: null,
  lastFolder: "",
  token: "",
};

const types: Readonly<Record<HubEvent["type"], true>> = {
  offer: true,
  datasetOffer: true,
  downloads: true,
  library: true,
};

export function isHubEvent(event: { readonly type: string }): event is HubEvent {
  return Object.hasOwn(types, event.type);
}

export function reduceHub(hub: HubState, event: HubEvent): HubState {
  switch (event.type) {
    case "offer":
      return { ...hub, offer: event.offer };
    case "datasetOffer":
      return { ...hub, datasetOffer: event.offer };
    case "downloads":
      return { ...hub, downloads: event.downloads };
    case "library":
      return { ...hub, library: event.library };
    default:
      return event satisfies never;
  }
}

/** "≈ 10.9 GB", or "f32 ≈ 10.9 GB · f16 ≈ 5.6 GB" where storing the weights as f16 takes less. */
export function memoryText({ bytes, f16Bytes }: ModelOffer["memory"]["byMethod"][number]): string {
  if (f16Bytes >= bytes) return `≈ ${formatBytes(bytes)}`;
  return `f32 ≈ ${formatBytes(bytes)} · f16 ≈ ${formatBytes(f16Bytes)}`;
}

/** What lies on this computer of one kind, without what is being loaded right now. */
export function entriesOf(hub: HubState, kind: LibraryEntry["kind"]): readonly LibraryEntry[] {
  const loading = new Set(hub.downloads.map(({ folder }) => folder));
  const entries = hub.library?.entries ?? [];
  return entries.filter((entry) => entry.kind === kind && !loading.has(entry.folder));
}

export function isWhole({ library }: HubState, folder: string): boolean {
  return library?.entries.some((entry) => entry.folder === folder && entry.isWhole) ?? false;
}

/** Whether all these splits of a data set can be opened. */
export function holdsSplits(
  { library }: HubState,
  folder: string,
  chosen: readonly string[],
): boolean {
  const entry = library?.entries.find((one) => one.folder === folder && one.isWhole);
  return entry !== undefined && chosen.every((split) => entry.splits.includes(split));
}

/** The splits a run would take by itself: rows to train on, and rows with labels to hold out. */
export function usualSplits(names: readonly string[]): {
  readonly train: string;
  readonly dev: string | null;
} {
  const train = names.find((name) => name === "train") ?? names[0] ?? "";
  const dev =
    ["validation", "dev", "validation_matched"].find((name) => names.includes(name)) ??
    names.find((name) => name.startsWith("valid")) ??
    null;
  return { train, dev: dev === train ? null : dev };
}

/** Bytes that choosing these splits would load. */
export function bytesToLoad(
  splits: DatasetOffer["configs"][number]["splits"],
  chosen: readonly string[],
): number {
  return splits
    .filter(({ name, isHere }) => chosen.includes(name) && !isHere)
    .reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
}

/** Whether an offer is larger than what the browser says is free; false where it says nothing. */
export function exceedsRoom({
  totalBytes,
  hereBytes,
  freeBytes,
}: Pick<ModelOffer, "totalBytes" | "hereBytes" | "freeBytes">): boolean {
  return freeBytes !== null && totalBytes - hereBytes > freeBytes;
}

/** Why the last download ended, if it was of this kind. */
export function downloadFailure(
  { lastFolder }: HubState,
  failure: Failure | undefined,
  kind: LibraryEntry["kind"],
): Failure | undefined {
  const isDataset = lastFolder.startsWith("datasets--");
  return isDataset === (kind === "dataset") ? failure : undefined;
}

/** A download as a wait with an end in sight. */
export function downloadProgress(report: DownloadReport): Progress {
  const { repo, doneBytes, totalBytes } = report;
  return {
    label: `${DOING[report.state]} ${repo}`,
    done: doneBytes,
    total: totalBytes,
    unit: "bytes",
  };
}

const DOING = {
  checking: "Checking what is here of",
  loading: "Downloading",
  quiet: "Downloading",
  waiting: "Waiting with",
  offline: "Waiting with",
} as const;

/** "12.3 MB a second, ≈ 40 s left", or what is waited for. */
export function downloadPace({
  state,
  bytesPerSecond,
  etaSeconds,
  waitSeconds,
}: DownloadReport): string {
  if (state === "offline") return "No connection. It goes on by itself when there is one.";
  if (state === "quiet") return "Nothing has come for a while. Waiting for the connection…";
  if (state === "waiting") {
    return `The hub asks to wait (too many requests). It goes on in ${formatDuration(waitSeconds)}.`;
  }
  if (bytesPerSecond === null) return "";
  return `${formatBytes(bytesPerSecond)} a second, ${formatEstimate(etaSeconds)} left`;
}

/** "Agree and download 252 MB", "Go on: 130 MB left", "Open". */
export function offerAction(
  { repo, isHere, hereBytes, totalBytes }: ModelOffer,
  agreedRepos: readonly string[],
): string {
  if (isHere) return "Open";
  const left = formatBytes(totalBytes - hereBytes);
  const verb = hereBytes > 0 ? `download the ${left} that are missing` : `download ${left}`;
  return agreedRepos.includes(repo) ? capitalized(verb) : `Agree and ${verb}`;
}

/** The same of splits of a data set. */
export function datasetAction(config: DatasetConfigOffer, chosen: readonly string[]): string {
  const bytes = bytesToLoad(config.splits, chosen);
  return bytes > 0 ? `Download ${formatBytes(bytes)} and open` : "Open";
}

/** Disk space a run takes beside the model's files: the base in 32-bit and two snapshots. */
export function runDiskBytes({ parameterCount }: Pick<ModelOffer, "parameterCount">): number {
  return parameterCount * 4 * 3;
}

/** "facebook/opt-125m", "aps/super_glue boolq (train, validation)", and its revision where it was asked for. */
export function entryName({ repo, part, revision, splits }: LibraryEntry): string {
  const config = part === null || part === "default" ? "" : ` ${part}`;
  const at = revision === "main" || revision === "" ? "" : `@${revision}`;
  return `${repo}${at}${config}${splits.length > 0 ? ` (${splits.join(", ")})` : ""}`;
}

/** "3.1 MB, 4 Mar 2026, commit 27dcfa74", and how far a download has come that is not finished. */
export function entryNotes(entry: LibraryEntry): readonly string[] {
  const { sizeBytes, totalBytes, isWhole, canResume, savedAt, commit } = entry;
  const size = formatBytes(sizeBytes);
  const share = `${size} of ${formatBytes(totalBytes)}`;
  if (!isWhole) return [`Not finished: ${share}`];
  const whence = `${formatDate(savedAt)}, commit ${commit.slice(0, 8)}`;
  return canResume
    ? [whence, `A further download is not finished: ${share}`]
    : [`${size}, ${whence}`];
}

/** "train, 67,349 rows, 3.1 MB". */
export function splitText({
  name,
  rows,
  sizeBytes,
  isHere,
}: DatasetConfigOffer["splits"][number]): string {
  const count = rows === null ? "" : `, ${formatPlural(rows, "row")}`;
  return `${name}${count}, ${formatBytes(sizeBytes)}${isHere ? ", here already" : ""}`;
}

/** "opt-125m" of "facebook/opt-125m". */
export function shortName(repo: string): string {
  return repo.slice(repo.indexOf("/") + 1);
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
