import type { LogFormat } from "#session/protocol.ts";
import type { ActionContext, Send } from "../send.ts";
import { draftFrom } from "../setup/settingsForm.ts";
import type { AppStore } from "../store.ts";
import { missingColumns } from "./sharing.ts";

/** What comes in from other people and goes out to them: settings, logs, bundles. */
export function sharingActions({ store }: Pick<ActionContext, "store">, send: Send) {
  const applyTask = () => applyImportedTask(store, send);
  return {
    exportLog: (runId: string, format: LogFormat) => send({ type: "exportLog", runId, format }),
    shareRun: (runId: string) => send({ type: "shareRun", runId }),
    /** Settings from a link, a file or a command line; the form stands as they say. */
    importSettings: async (text: string) => {
      store.setState({ imported: null });
      if (!(await send({ type: "readSettings", text }))) return false;
      const { imported } = store.getState();
      if (!imported) return false;
      const draft = { ...draftFrom(imported.settings), name: imported.name };
      store.setState({ draft, origin: null, place: { name: "setup" } });
      await applyTask();
      return true;
    },
    forgetImport: () => store.setState({ imported: null }),
    applyImportedTask: applyTask,
    openBundle: (file: Blob) => send({ type: "openBundle", file }),
  };
}

/**
 * The task that came along, on the rows that are open, if they have its columns; and how its rows were
 * drawn, unless the open ones are drawn already.
 */
async function applyImportedTask(store: AppStore, send: Send): Promise<void> {
  const { imported, data } = store.getState();
  if (!imported || !data) return;
  const { task, rules } = imported;
  if (task && missingColumns(task, data).length === 0) await send({ type: "setTask", task });
  if (data.isStored || Object.keys(rules).length === 0) return;
  await send({ type: "setRules", rules });
}
