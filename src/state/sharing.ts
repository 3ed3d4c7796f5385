import type { ImportedReport, TaskSpec } from "./engineTypes.ts";
import { templateColumns } from "./task.ts";

/** Whether an address's end holds settings somebody shared. */
export function holdsSettings(hash: string): boolean {
  return /^#?c=/.test(hash);
}

/** The whole address to hand on, from wherever the page stands. */
export function shareAddress(pageAddress: string, fragment: string): string {
  return `${pageAddress.replace(/#.*$/, "")}#${fragment}`;
}

/** Columns that a task of one's own names and the open rows have not; of a built-in task, none. */
export function missingColumns(task: TaskSpec, columns: readonly string[]): readonly string[] {
  if ("task" in task) return [];
  const { template, labelColumn, optionColumns = [] } = task;
  const needed = new Set([...templateColumns(template), labelColumn, ...optionColumns]);
  return [...needed].filter((name) => !columns.includes(name));
}

/** What came, in sentences: for the notice above the form. */
export function importSummary(
  { name, model, notes, task }: ImportedReport,
  columns: readonly string[] | null,
): readonly string[] {
  const whence = name === "" ? "Settings taken over." : `Settings of “${name}” taken over.`;
  return [
    whence,
    ...(model === null ? [] : [`They were used with the model ${model}.`]),
    ...(task === null ? [] : [taskSentence(task, columns)]),
    ...notes,
  ];
}

function taskSentence(task: TaskSpec, columns: readonly string[] | null): string {
  const what = "task" in task ? `The task ${task.task}` : "The prompt";
  if (columns === null) return `${what} is applied once rows are open.`;
  const missing = missingColumns(task, columns);
  if (missing.length === 0) return `${what} is applied to the open rows.`;
  return `${what} does not fit the open rows: they have no column ${missing.join(", ")}.`;
}
