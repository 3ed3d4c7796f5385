import type {
  DatasetOffer,
  DownloadReport,
  HubEvent,
  LibraryEntry,
  LibraryReport,
  ModelOffer,
} from "./engineTypes.ts";

/** What the page knows of the hub, and of what was downloaded from it. */
export interface HubState {
  /** The model looked up last, to be agreed to. */
  readonly offer: ModelOffer | null;
  readonly datasetOffer: DatasetOffer | null;
  readonly downloads: readonly DownloadReport[];
  readonly library: LibraryReport | null;
  /** Lives as long as the page, and is written nowhere. */
  readonly token: string;
}

export const EMPTY_HUB: HubState = {
  ...{ offer: null, datasetOffer: null, downloads: [], library: null, token: "" },
};

export function isHubEvent(event: { readonly type: string }): event is HubEvent {
  return ["offer", "datasetOffer", "downloads", "library"].includes(event.type);
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

/** What lies on this computer of one kind, without what is being loaded right now. */
export function entriesOf(hub: HubState, kind: LibraryEntry["kind"]): readonly LibraryEntry[] {
  const loading = new Set(hub.downloads.map(({ folder }) => folder));
  const entries = hub.library?.entries ?? [];
  return entries.filter((entry) => entry.kind === kind && !loading.has(entry.folder));
}

export function isWhole({ library }: HubState, folder: string): boolean {
  return library?.entries.some((entry) => entry.folder === folder && entry.isWhole) ?? false;
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
