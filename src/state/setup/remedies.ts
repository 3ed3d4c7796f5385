import type { Remedy } from "#base/errors.ts";
import type { TaskSpec } from "#data/tasks/task.ts";
import type { ModelSource } from "#session/protocol.ts";
import type { AppStore } from "../store.ts";
import { formatSetting } from "../text/format.ts";

/** Commands whose refusal may name what would do away with it. */
export type RemediedCommand = "openModel" | "startRun" | "describeModel";

/** What the page does where the engine refused something and said what would go. */
export function remedyActions(
  store: AppStore,
  openModel: (source: ModelSource) => Promise<boolean>,
  chooseTask: (task: TaskSpec) => void,
) {
  return {
    /** Changes the settings, and the task, as the remedy says; a refused model is opened again so. */
    applyRemedy: async (command: RemediedCommand, { settings, maxLength }: Remedy) => {
      store.setState(({ draft, failures, hub }) => ({
        draft: { ...draft, texts: { ...draft.texts, ...textsOf(settings) } },
        failures: { ...failures, [command]: undefined },
        ...(command === "describeModel" && {
          hub: { ...hub, offer: hub.offer && { ...hub.offer, memoryProblem: null } },
        }),
      }));
      const { taskDraft, sourceAsked } = store.getState();
      if (maxLength !== undefined && taskDraft) chooseTask({ ...taskDraft, maxLength });
      if (command === "openModel" && sourceAsked) await openModel(sourceAsked);
    },
  };
}

function textsOf(settings: Remedy["settings"]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(settings).map(([key, value]) => [key, formatSetting(value)]),
  );
}
