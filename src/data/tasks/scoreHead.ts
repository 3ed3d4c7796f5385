import { ZerothError } from "#base/errors.ts";
import { briefList } from "#base/text.ts";
import type { TaskDefinition } from "./definition.ts";
import {
  type CustomTask,
  limitsOf,
  type Row,
  type Table,
  type TaskSpec,
  type TextLimits,
} from "./task.ts";
import { canonicalLabel, labelText, templateColumns } from "./template.ts";

/**
 * In the template of a task with a score head, where the tokenizer's own separator goes: OPT's is this token, others
 * have theirs.
 *
 * @see transformers, run_glue.py, which MeZO-SVRG's prompt-free setting follows
 */
export const BETWEEN_TEXTS = "</s>";

/** How many labels the task's score head tells apart; null where words stand for labels. */
export function headLabelCount(task: TaskSpec): number | null {
  return usesScoreHead(task) ? task.labels.length : null;
}

export function usesScoreHead(task: TaskSpec): boolean {
  return !("task" in task) && task.kind === "classification" && task.head === true;
}

/** The task asked without words: the texts of its template's columns as they are, and a score head. */
export function withScoreHead(task: CustomTask): CustomTask {
  return { ...task, template: bareTexts(templateColumns(task.template)), words: [], head: true };
}

/**
 * A built-in task asked without its prompt, over the columns and labels the table has.
 *
 * @throws ZerothError E-TASK-3 for a task that is no classification, E-DATA-2 if its columns are missing
 */
export function scoreHeadTask(
  definition: TaskDefinition,
  table: Table,
  limits: TextLimits,
): CustomTask {
  refuseWithoutLabels(definition);
  const { id, columns, labelColumn: usual } = definition;
  const texts = columns.find((list) => list.every((name) => table.columns.includes(name)));
  const labelColumn = [usual, "label"].find((name) => table.columns.includes(name));
  if (texts === undefined || labelColumn === undefined) {
    const lists = columns.map((list) => list.join(", ")).join(" or ");
    throw new ZerothError(
      "E-DATA-2",
      `${id} needs the columns ${lists}, and ${usual}; the columns are ${briefList(table.columns)}.`,
    );
  }
  const labels = labelsIn(table.rows, labelColumn);
  const template = bareTexts(texts);
  return {
    kind: "classification",
    template,
    labelColumn,
    labels,
    words: [],
    head: true,
    ...limitsOf(limits),
  };
}

/** @throws ZerothError E-TASK-3 for a task that is no classification */
export function refuseWithoutLabels({ id, kind }: TaskDefinition): void {
  if (kind === "classification") return;
  throw new ZerothError("E-TASK-3", `${id} has no labels that a head could tell apart.`);
}

/**
 * Labels in the order a classifier's head has them, where it knows them all by name; else as they are.
 *
 * @param names of the head's rows, in their order; null where the model has none
 */
export function inHeadOrder<T extends TaskSpec>(task: T, names: readonly string[] | null): T {
  if (names === null || !usesScoreHead(task) || task.labels.length === 0) return task;
  const known = new Set(names.map(canonicalLabel));
  const isKnown = task.labels.every((label) => known.has(canonicalLabel(label)));
  return isKnown ? { ...task, labels: names } : task;
}

/** The labels that occur, numbers by size; Hugging Face's -1 stands for none. */
function labelsIn(rows: readonly Row[], column: string): readonly string[] {
  const found = new Set<string>();
  for (const row of rows) {
    const label = Object.hasOwn(row, column) ? labelText(row[column]) : null;
    if (label !== null) found.add(canonicalLabel(label));
  }
  const labels = [...found].filter((label) => label !== "-1");
  const isNumbers = labels.every((label) => Number.isFinite(Number(label)));
  return labels.toSorted((a, b) => (isNumbers ? Number(a) - Number(b) : a < b ? -1 : 1));
}

function bareTexts(columns: readonly string[]): string {
  return columns.map((column) => `{${column}}`).join(BETWEEN_TEXTS);
}
