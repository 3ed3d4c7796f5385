import type { TaskSpec } from "#data/tasks/task.ts";
import type { DataReport, ImportedReport } from "#session/reports.ts";
import { templateColumns } from "../setup/task.ts";

/** Whether an address's end holds settings somebody shared. */
export function holdsSettings(hash: string): boolean {
  return /^#?c=/.test(hash);
}

/** The whole address to hand on, from wherever the page stands. */
export function shareAddress(pageAddress: string, fragment: string): string {
  return `${pageAddress.replace(/#.*$/, "")}#${fragment}`;
}

/** Columns that a task names and the open rows have not. */
export function missingColumns(
  task: TaskSpec,
  { columns, choices }: Pick<DataReport, "columns" | "choices">,
): readonly string[] {
  if ("task" in task) {
    const { columns: mapped = {} } = task;
    const missing = choices.find(({ id }) => id === task.task)?.missing ?? [];
    return missing.filter((name) => !columns.includes(mapped[name] ?? name));
  }
  const { template, labelColumn, optionColumns = [] } = task;
  const needed = new Set([...templateColumns(template), labelColumn, ...optionColumns]);
  return [...needed].filter((name) => !columns.includes(name));
}

/** What came, in sentences: for the notice above the form. */
export function importSummary(
  { name, model, notes, task }: ImportedReport,
  data: Pick<DataReport, "columns" | "choices"> | null,
): readonly string[] {
  const whence = name === "" ? "Settings taken over." : `Settings of “${name}” taken over.`;
  return [
    whence,
    ...(model === null ? [] : [`They were used with the model ${model}.`]),
    ...(task === null ? [] : [taskSentence(task, data)]),
    ...notes,
  ];
}

function taskSentence(
  task: TaskSpec,
  data: Pick<DataReport, "columns" | "choices"> | null,
): string {
  const what = "task" in task ? taskWords(task) : "The prompt";
  if (data === null) return `${what} is applied once rows are open.`;
  const missing = missingColumns(task, data);
  if (missing.length === 0) return `${what} is applied to the open rows.`;
  return `${what} does not fit the open rows: they have no column ${missing.join(", ")}.`;
}

function taskWords({ task, head }: Extract<TaskSpec, { task: string }>): string {
  return head ? `The task ${task}, asked by a new head,` : `The task ${task}`;
}
