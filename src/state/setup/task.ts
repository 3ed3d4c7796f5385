import type { CustomTask, TaskSpec } from "#data/tasks/task.ts";

export type { CustomTask };
export type TaskKind = TaskSpec["kind"];

/** The columns a template names, each once: "{a} and {b}" gives a, b. */
export function templateColumns(template: string): readonly string[] {
  const names = [...template.matchAll(/\{([^{}]+)\}/g)].map((match) => match[1] ?? "");
  return [...new Set(names)];
}

/** The template with a column put at the place of the cursor. */
export function insertColumn(template: string, columnName: string, at: number): string {
  return `${template.slice(0, at)}{${columnName}}${template.slice(at)}`;
}

export function withWord(task: CustomTask, index: number, word: string): CustomTask {
  return { ...task, words: task.words.map((old, i) => (i === index ? word : old)) };
}

/** Another label column has other labels: emptied, so that the engine reads them from the rows. */
export function withLabelColumn(task: CustomTask, labelColumn: string): CustomTask {
  return { ...task, labelColumn, labels: [], words: [] };
}

/** Said by a word's field. OPT's vocabulary tells " great" from "great", and prompts want the first. */
export function wordHint(word: string): string {
  if (word.trim() === "") return "Write the word that stands for this label.";
  return word.startsWith(" ") ? "" : "Starts without a space, so it is glued to the prompt.";
}

/** The row length as typed; what is not a sensible number leaves the task as it is. */
export function withMaxLength(task: TaskSpec, text: string): TaskSpec {
  const maxLength = Number(text);
  return Number.isInteger(maxLength) && maxLength > 0 ? { ...task, maxLength } : task;
}

/**
 * Labels told apart by a score head: without words, and the texts alone for a template. Labels and
 * template are left open, so that the engine reads them from the rows.
 */
export function asPromptFree(task: CustomTask): CustomTask {
  return { ...task, ...open, head: true };
}

/** Labels told apart by words behind a prompt, which the engine guesses anew. */
export function asPrompted({ head: _, ...task }: CustomTask): CustomTask {
  return { ...task, ...open };
}

const open = { template: "", labels: [], words: [] };

/** The task for another kind of answer; template and columns stay. */
export function withKind(
  { optionColumns: _, head: __, ...task }: CustomTask,
  kind: TaskKind,
): CustomTask {
  const options = kind === "multiple choice" ? { optionColumns: [] } : {};
  return { ...task, kind, labels: [], words: [], ...options };
}

/** A column among the options, or no longer. */
export function withOptionColumn(task: CustomTask, name: string, isOne: boolean): CustomTask {
  const others = (task.optionColumns ?? []).filter((column) => column !== name);
  return { ...task, optionColumns: isOne ? [...others, name] : others };
}
