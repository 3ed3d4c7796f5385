import type { DatasetConfigOffer, HubChoice, ModelOffer } from "#session/hubReports.ts";
import type { DataSources, ModelSource } from "#session/protocol.ts";
import type { Preferences } from "../preferences.ts";
import { statusWord } from "../run/runStatus.ts";
import type { Send } from "../send.ts";
import type { AppStore } from "../store.ts";
import { bytesToLoad, holdsSplits, isWhole } from "./hub.ts";

interface Context {
  readonly store: AppStore;
  readonly send: Send;
  prefer(change: Partial<Preferences>): Promise<void>;
  openModel(source: ModelSource): Promise<boolean>;
  openData(sources: DataSources): Promise<boolean>;
}

/** What the page does with the hub on a person's behalf. */
export function hubActions({ store, send, prefer, openModel, openData }: Context) {
  const choice = (): HubChoice => {
    const { hub, preferences } = store.getState();
    return { endpoint: preferences.hubEndpoint, ...(hub.token ? { token: hub.token } : {}) };
  };
  const change = (part: Partial<ReturnType<typeof store.getState>["hub"]>) =>
    store.setState(({ hub }) => ({ hub: { ...hub, ...part } }));
  const download = (folder: string, splits: readonly string[] = []) => {
    change({ lastFolder: folder });
    return send({ type: "download", folder, splits, hub: choice() });
  };
  const openDownloaded = (folder: string) => openModel({ kind: "cached", folder });
  return {
    setHubToken: (token: string) => change({ token: token.trim() }),
    listDownloads: () => send({ type: "listDownloads" }),
    pauseDownload: (folder: string) => send({ type: "pauseDownload", folder }),
    deleteDownload: (folder: string) => send({ type: "deleteDownload", folder }),
    openDownloaded,
    lookUpModel: (name: string) => {
      change({ offer: null });
      return send({ type: "describeModel", name, hub: choice() });
    },
    forgetOffer: () => change({ offer: null }),
    lookUpDataset: (name: string) => {
      change({ datasetOffer: null });
      return send({ type: "describeDataset", name, hub: choice() });
    },
    forgetDatasetOffer: () => change({ datasetOffer: null }),
    /** The terms were agreed to: loads the model, then opens it unless something trains meanwhile. */
    agreeAndDownload: async ({ repo, folder }: ModelOffer) => {
      const { agreedRepos } = store.getState().preferences;
      if (!agreedRepos.includes(repo)) await prefer({ agreedRepos: [...agreedRepos, repo] });
      change({ offer: null });
      await download(folder);
      if (isWhole(store.getState().hub, folder) && !isTraining(store)) await openDownloaded(folder);
    },
    resumeDownload: (folder: string) => download(folder),
    /** Splits of a data set, loaded if they are not here yet, then opened as rows. */
    openDataset: async (config: DatasetConfigOffer, train: string, dev: string | null) => {
      const splits = dev === null ? [train] : [train, dev];
      const { folder } = config;
      if (bytesToLoad(config.splits, splits) > 0 && !(await download(folder, splits))) return;
      // A download that was paused ends without them, while other splits may be here.
      if (!holdsSplits(store.getState().hub, folder, splits)) return;
      change({ datasetOffer: null });
      await openData(rowsOf(folder, train, dev));
    },
    /** The same of one that is here. */
    openDownloadedRows: (folder: string, train: string, dev: string | null) =>
      openData(rowsOf(folder, train, dev)),
  };
}

function rowsOf(folder: string, train: string, dev: string | null): DataSources {
  return {
    train: { kind: "cached", folder, split: train },
    ...(dev === null ? {} : { dev: { kind: "cached", folder, split: dev } }),
  };
}

function isTraining(store: AppStore): boolean {
  const { liveRunId, reports } = store.getState();
  const report = liveRunId === null ? undefined : reports[liveRunId];
  return report !== undefined && statusWord(report.record.status).isActive;
}
