import type { WritingRequest } from "#run/evaluation/writingRequest.ts";
import type { RunRecord } from "#run/store/records.ts";
import type { ModelSource } from "#session/protocol.ts";
import type { SettingValues } from "#zo/settings.ts";
import { lastOf } from "./charts/runSeries.ts";
import { hubActions } from "./hub/hubActions.ts";
import { type Place, placeFromHash } from "./place.ts";
import type { Preferences } from "./preferences.ts";
import { holdsSettings } from "./run/sharing.ts";
import { sharingActions } from "./run/sharingActions.ts";
import { type ActionContext, type Send, sender } from "./send.ts";
import { dataActions } from "./setup/dataActions.ts";
import type { PlannedRun } from "./setup/queuePlan.ts";
import { remedyActions } from "./setup/remedies.ts";
import {
  draftFrom,
  METHOD_KEY,
  parseDraft,
  type SettingsDraft,
  suggestName,
} from "./setup/settingsForm.ts";
import type { AppStore } from "./store.ts";

/** What the page does on a person's behalf. Failures land in the store, never in a rejection. */
export type Actions = ReturnType<typeof createActions>;

export function createActions(context: ActionContext) {
  const send = sender(context);
  const { store, clock } = context;
  const sharing = sharingActions(context, send);
  const prefer = preferrer(context);
  const openModel = modelOpener(context, send);
  const rows = dataActions({ store, clock, send, prefer, onOpened: sharing.applyImportedTask });
  return {
    prefer,
    ...hubActions({ store, send, prefer, openModel, openData: rows.openData }),
    /** First of all: where the address leads, what was preferred, and a look at the GPU. */
    begin: async (hash: string) => {
      context.store.setState({ place: placeFromHash(hash) });
      // In force as soon as they are read: what is changed while the GPU is looked at stays changed.
      const loaded = context.keeper.load().then((preferences) => {
        context.store.setState({ preferences });
      });
      await Promise.all([loaded, send({ type: "checkDevice" })]);
      if (holdsSettings(hash)) await sharing.importSettings(hash);
    },
    checkDevice: () => send({ type: "checkDevice" }),
    /** The fastest kernels are measured anew before the next run. */
    resetTuning: () => send({ type: "resetTuning" }),
    ...pageActions(context),
    openModel,
    ...rows,
    ...remedyActions(context.store, openModel, rows.chooseTask),
    ...trainingActions(context, send, openModel),
    ...storedRunActions(context, send),
    ...queueActions(context, send),
    ...sharing,
  };
}

type OpenModel = (source: ModelSource) => Promise<boolean>;

/** As f16 at once, where that is chosen: there may be no room for more. */
function modelOpener({ store }: ActionContext, send: Send): OpenModel {
  return (source: ModelSource) => {
    const isHalf = store.getState().draft.texts["dtype"] === "f16";
    store.setState({ sourceAsked: source });
    return send({ type: "openModel", source, ...(isHalf && { dtype: "f16" as const }) });
  };
}

function preferrer({ store, keeper }: ActionContext) {
  return async (change: Partial<Preferences>) => {
    const preferences = { ...store.getState().preferences, ...change };
    store.setState({ preferences });
    await keeper.save(preferences);
  };
}

function pageActions({ store }: ActionContext) {
  return {
    goTo: (place: Place) => store.setState({ place }),
    tellStorage: (isStorageKept: boolean) => store.setState({ isStorageKept }),
    dismissNotice: (key: number) =>
      store.setState(({ notices }) => ({
        notices: notices.filter((notice) => notice.key !== key),
      })),
    editDraft: (change: Partial<SettingsDraft>) =>
      store.setState(({ draft }) => ({ draft: { ...draft, ...change } })),
    editSetting: (key: string, text: string) =>
      store.setState(({ draft }) => ({
        draft: { ...draft, texts: { ...draft.texts, [key]: text } },
      })),
    resetSetting: (key: string) =>
      store.setState(({ draft }) => ({
        draft: {
          ...draft,
          texts: Object.fromEntries(Object.entries(draft.texts).filter(([name]) => name !== key)),
        },
      })),
    /** The settings of a run, to change one of them; what is changed is shown against the run. */
    duplicate: (origin: RunRecord) =>
      store.setState({ draft: draftFrom(origin.settings), origin, place: { name: "setup" } }),
    forgetOrigin: () => store.setState({ origin: null }),
  };
}

function trainingActions({ store }: ActionContext, send: Send, openModel: OpenModel) {
  const start = async (settings: SettingValues, name: string) => {
    store.setState({ isStarting: true });
    const isDone = await send({ type: "startRun", settings, name });
    store.setState({ isStarting: false });
    return isDone;
  };
  return {
    /** The bundled model and rows, trained with settings known to suit them. */
    tryDemo: async () => {
      const { catalogue } = store.getState();
      if (!catalogue) return false;
      if (!(await openModel({ kind: "demo" }))) return false;
      const train = { kind: "demo", split: "train" } as const;
      const dev = { kind: "demo", split: "dev" } as const;
      if (!(await send({ type: "openData", train, dev }))) return false;
      const { settings } = catalogue.demo;
      return start(settings, nameFor(store, settings));
    },
    /** A run with the open model, the open rows and the settings as typed. */
    startTraining: async () => {
      const { catalogue, draft } = store.getState();
      if (!catalogue) return false;
      const { values } = parseDraft(catalogue, draft);
      return start(values, draft.name.trim() || nameFor(store, values));
    },
    /** Asks what the settings as typed would take; nothing is asked while they cannot be used. */
    planMemory: async () => {
      const { catalogue, draft, model } = store.getState();
      if (!catalogue || !model) return false;
      const { values, errors } = parseDraft(catalogue, draft);
      if (Object.keys(errors).length > 0) return false;
      return send({ type: "planMemory", settings: values });
    },
    /** A few steps at several rates with the settings as typed. */
    findLearningRate: async () => {
      const { catalogue, draft } = store.getState();
      if (!catalogue) return false;
      const { values } = parseDraft(catalogue, draft);
      store.setState({ probe: null, probedWith: values });
      return send({ type: "probeLearningRates", settings: values });
    },
    cancel: () => send({ type: "cancel" }),
    /** Puts the weights of an earlier step on the GPU; null brings the last ones back. */
    travelTo: (step: number | null) => send({ type: "travelTo", step }),
    pause: () => send({ type: "pauseRun" }),
    resume: () => send({ type: "resumeRun" }),
    stop: () => send({ type: "stopRun" }),
    predict: (values: Readonly<Record<string, string>>) => send({ type: "predict", values }),
    write: (request: WritingRequest) => {
      store.setState({ writing: null });
      return send({ type: "write", request });
    },
    /** Every held-out row, answered by the weights on the GPU and by the model before training. */
    showExamples: () => send({ type: "evaluate" }),
    /** @param at the best or the last weights; without it those on the GPU */
    exportModel: (at?: "best" | "last", directory?: FileSystemDirectoryHandle) =>
      send({ type: "exportModel", ...(at && { at }), ...(directory && { directory }) }),
  };
}

function storedRunActions({ store }: ActionContext, send: Send) {
  /** Brings a stored run back onto the GPU: it can then be resumed, asked and exported. */
  const openRun = async (runId: string) => {
    store.setState({ place: { name: "run", runId } });
    return send({ type: "openRun", runId });
  };
  return {
    openRun,
    openAndResume: async (runId: string) => {
      if (await openRun(runId)) await send({ type: "resumeRun" });
    },
    viewRun: (runId: string) => send({ type: "viewRun", runId }),
    /** What has become of a run that another tab may hold; asked again and again while it is looked at. */
    followRun: async (runId: string) => {
      const { series, runs, pending } = store.getState();
      if (pending.followRun) return false;
      const known = series[runId];
      const after = known ? (lastOf(known)?.step ?? 0) : 0;
      const summary = runs?.find(({ record }) => record.id === runId);
      return send({
        type: "followRun",
        runId,
        after,
        wasHeld: summary?.isLockedElsewhere ?? false,
      });
    },
    listRuns: () => send({ type: "listRuns" }),
    renameRun: (runId: string, name: string) => send({ type: "renameRun", runId, name }),
    noteRun: (runId: string, note: string) => send({ type: "noteRun", runId, note }),
    deleteRun: (runId: string) => send({ type: "deleteRun", runId }),
    /** Copies the runs of run folders, or zips of them, into this browser. */
    importRuns: (files: readonly File[]) =>
      send({
        type: "importRuns",
        files: files.map((file) => ({ path: file.webkitRelativePath || file.name, file })),
      }),
    /** Saves a run with its data and base model, as a zip unless a directory is given. */
    saveRun: (runId: string, directory?: FileSystemDirectoryHandle) =>
      send({ type: "saveRun", runId, ...(directory && { directory }) }),
  };
}

function queueActions({ store }: ActionContext, send: Send) {
  return {
    /** One after another, so that the queue keeps the order of the plan; ends at the first refusal. */
    addToQueue: async (plan: readonly PlannedRun[]) => {
      for (const { settings, name } of plan) {
        if (!(await send({ type: "queueRun", settings, name }))) return false;
      }
      return true;
    },
    runQueue: async () => {
      store.setState({ isQueueEnding: false });
      const isDone = await send({ type: "runQueue" });
      store.setState({ isQueueEnding: false });
      return isDone;
    },
    endQueue: () => {
      store.setState({ isQueueEnding: true });
      return send({ type: "cancel" });
    },
  };
}

function nameFor(store: AppStore, settings: SettingValues): string {
  const { catalogue, model } = store.getState();
  if (!catalogue) return String(settings[METHOD_KEY] ?? "Run");
  return suggestName(catalogue, settings, model?.name ?? "model");
}
