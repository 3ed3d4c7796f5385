import { expect, test } from "vitest";
import type { Remedy } from "#base/errors.ts";
import type { TaskSpec } from "#data/tasks/task.ts";
import { createAppStore } from "../store.ts";
import { fakeTask } from "../testing/fakeData.ts";
import { remedyActions } from "./remedies.ts";

const failure = { code: "E-MEM-1", message: "Too large." };
const asHalves: Remedy = { label: "Store weights as f16", settings: { dtype: "f16" } };

function openStore() {
  const store = createAppStore({
    failures: { openModel: failure, startRun: failure },
    sourceAsked: { kind: "demo" },
    taskDraft: fakeTask,
  });
  const opened: unknown[] = [];
  const chosen: TaskSpec[] = [];
  const { applyRemedy } = remedyActions(
    store,
    async (source) => {
      opened.push(source, store.getState().draft.texts["dtype"]);
      return true;
    },
    (task) => void chosen.push(task),
  );
  return { store, applyRemedy, opened, chosen };
}

test("a refused model is opened again with its weights as f16, and the form says so", async () => {
  const { store, applyRemedy, opened } = openStore();
  await applyRemedy("openModel", asHalves);
  expect(opened).toEqual([{ kind: "demo" }, "f16"]);
  expect(store.getState().failures.openModel).toBeUndefined();
  expect(store.getState().failures.startRun).toBe(failure);
});

test("a refused run gets its settings and its rows' length changed, and waits to be started", async () => {
  const { store, applyRemedy, opened, chosen } = openStore();
  await applyRemedy("startRun", { label: "", settings: { batchSize: 12 }, maxLength: 96 });
  expect(store.getState().draft.texts).toEqual({ batchSize: "12" });
  expect(store.getState().failures.startRun).toBeUndefined();
  expect(chosen).toEqual([{ ...fakeTask, maxLength: 96 }]);
  expect(opened).toEqual([]);
});
