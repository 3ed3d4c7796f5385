import * as z from "zod/mini";
import type { CustomTask, TaskSpec } from "#data/tasks/task.ts";
import { customTaskSchema } from "./taskSchema.ts";

/** A task of one's own, kept in this browser under a name. */
export interface SavedTask {
  readonly name: string;
  readonly task: CustomTask;
}

const schema = z.object({ name: z.string().check(z.minLength(1)), task: customTaskSchema });
export const savedTasksSchema = z.array(schema);
const SCHEMA = "zeroth-task/1";
const fileSchema = z.extend(schema, { schema: z.literal(SCHEMA) });

/** Saved under a name; one of the same name is replaced. */
export function withSaved(tasks: readonly SavedTask[], saved: SavedTask): readonly SavedTask[] {
  const isKnown = tasks.some(({ name }) => name === saved.name);
  return isKnown
    ? tasks.map((task) => (task.name === saved.name ? saved : task))
    : [...tasks, saved];
}

export function withoutSaved(tasks: readonly SavedTask[], name: string): readonly SavedTask[] {
  return tasks.filter((task) => task.name !== name);
}

/** Under another name; a name that is taken or empty changes nothing. */
export function withRenamed(
  tasks: readonly SavedTask[],
  from: string,
  to: string,
): readonly SavedTask[] {
  const name = to.trim();
  if (name === "" || tasks.some((task) => task.name === name)) return tasks;
  return tasks.map((task) => (task.name === from ? { ...task, name } : task));
}

/** The saved task that is in use, by what it says. */
export function savedLike(
  tasks: readonly SavedTask[],
  task: TaskSpec | null,
): SavedTask | undefined {
  const text = JSON.stringify(task, sorted);
  return tasks.find((saved) => JSON.stringify(saved.task, sorted) === text);
}

/** A task as a file to hand on. */
export function taskFile({ name, task }: SavedTask): string {
  return `${JSON.stringify({ schema: SCHEMA, name, task }, null, 2)}\n`;
}

/** The task in such a file; null if it is none. */
export function readTaskFile(text: string): SavedTask | null {
  try {
    const parsed = fileSchema.safeParse(JSON.parse(text));
    if (!parsed.success) return null;
    const { name, task } = parsed.data;
    return { name, task };
  } catch {
    return null;
  }
}

/** Keys in one order, so that equal tasks have equal texts. */
function sorted(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
