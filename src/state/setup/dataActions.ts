import type { SplitName, SplitRules } from "#data/examples/splits.ts";
import type { TaskSpec } from "#data/tasks/task.ts";
import type { CommandBody, DataSources } from "#session/protocol.ts";
import type { Preferences } from "../preferences.ts";
import type { AppStore } from "../store.ts";
import { type SavedTask, withoutSaved, withRenamed, withSaved } from "./savedTasks.ts";

/** Typing rests this long before the rows are rendered anew. */
const TASK_DELAY_MS = 300;

interface Context {
  readonly store: AppStore;
  readonly clock: {
    setTimeout(action: () => void, ms: number): number;
    clearTimeout(id: number): void;
  };
  send(body: CommandBody): Promise<boolean>;
  prefer(change: Partial<Preferences>): Promise<void>;
  /** What is to be done with rows that have just been opened. */
  onOpened(): Promise<void>;
}

/** What may be done with rows and their task. */
export function dataActions({ store, clock, send, prefer, onOpened }: Context) {
  let timer: number | null = null;
  const sendTask = async () => {
    timer = null;
    const task = store.getState().taskDraft;
    if (task) await send({ type: "setTask", task });
    // A change made while the answer was on its way has started a new timer.
    if (timer === null) settleTask(store);
  };
  const editTask = (taskDraft: TaskSpec, delayMs = TASK_DELAY_MS) => {
    store.setState({ taskDraft, isTaskPending: true });
    if (timer !== null) clock.clearTimeout(timer);
    timer = clock.setTimeout(() => void sendTask(), delayMs);
  };
  const saveTasks = (tasks: readonly SavedTask[]) => prefer({ tasks: [...tasks] });
  const savedTasks = () => store.getState().preferences.tasks;
  return {
    openData: async (sources: DataSources) => {
      const isDone = await send({ type: "openData", ...sources });
      if (isDone) await onOpened();
      return isDone;
    },
    editTask: (task: TaskSpec) => editTask(task),
    /** At once: nothing is being typed. */
    chooseTask: (task: TaskSpec) => editTask(task, 0),
    setRules: (rules: Partial<SplitRules>) => send({ type: "setRules", rules }),
    previewRow: (part: SplitName, index: number) => send({ type: "previewRow", part, index }),
    /** Keeps the task in use under a name. */
    saveTask: async (name: string) => {
      const task = store.getState().taskDraft;
      if (!task || "task" in task || name.trim() === "") return;
      await saveTasks(withSaved(savedTasks(), { name: name.trim(), task }));
    },
    importTask: async (saved: SavedTask) => {
      await saveTasks(withSaved(savedTasks(), saved));
    },
    renameTask: (from: string, to: string) => saveTasks(withRenamed(savedTasks(), from, to)),
    deleteTask: async (name: string) => {
      const deletedTask = savedTasks().find((task) => task.name === name) ?? null;
      store.setState({ deletedTask });
      await saveTasks(withoutSaved(savedTasks(), name));
    },
    undoDeleteTask: async () => {
      const { deletedTask } = store.getState();
      store.setState({ deletedTask: null });
      if (deletedTask) await saveTasks(withSaved(savedTasks(), deletedTask));
    },
  };
}

/** The draft becomes what the engine made of it, such as labels it read from the rows. */
function settleTask(store: AppStore): void {
  store.setState(({ data, taskDraft, failures }) => ({
    isTaskPending: false,
    taskDraft: failures.setTask ? taskDraft : (data?.task ?? taskDraft),
  }));
}
