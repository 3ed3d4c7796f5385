import { ZerothError } from "#base/errors.ts";
import { briefList, quote } from "#base/text.ts";
import type { TaskDefinition } from "./definition.ts";
import { taskDefinition } from "./index.ts";
import type { BuiltInTask, Row, TaskSpec } from "./task.ts";
import { templateColumns } from "./template.ts";

/** A row under the names its task knows; a column that is not mapped keeps its own. */
export function withColumns({ columns = {} }: BuiltInTask, row: Row): Row {
  const mapped = Object.entries(columns).filter(([, column]) => Object.hasOwn(row, column));
  if (mapped.length === 0) return row;
  return { ...row, ...Object.fromEntries(mapped.map(([name, column]) => [name, row[column]])) };
}

/**
 * The columns a person maps for a task, the right answer's last: of the forms its files have, the flat
 * one that the template names.
 */
export function mappableColumns({
  columns,
  template,
  labelColumn,
}: TaskDefinition): readonly string[] {
  const named = new Set(templateColumns(template));
  const overlap = (list: readonly string[]) => list.filter((name) => named.has(name)).length;
  const [first = []] = columns;
  const best = columns.reduce((a, b) => (overlap(b) > overlap(a) ? b : a), first);
  return [...best, labelColumn];
}

/** The columns that a table lacks for a task, by the form of it that lacks the fewest. */
export function missingColumns(
  { columns: forms }: TaskDefinition,
  found: readonly string[],
  mapped: Readonly<Record<string, string>> = {},
): readonly string[] {
  const isThere = (name: string) => found.includes(mapped[name] ?? name);
  const lacks = forms.map((form) => form.filter((name) => !isThere(name)));
  const [first = []] = lacks;
  return lacks.reduce((a, b) => (b.length < a.length ? b : a), first);
}

/** @throws ZerothError E-DATA-2 if a file with these columns cannot be the task's */
export function checkColumns(spec: BuiltInTask, columns: readonly string[]): void {
  const { task, labelColumn, columns: mapped = {} } = spec;
  const stray = Object.values(mapped).find((column) => !columns.includes(column));
  if (stray !== undefined) {
    throw new ZerothError(
      "E-DATA-2",
      `There is no column ${quote(stray)} for ${task}. Choose among ${briefList(columns)}.`,
    );
  }
  const definition = taskDefinition(task);
  if (missingColumns(definition, columns, mapped).length === 0) return;
  const lists = definition.columns.map((list) => list.join(", "));
  throw new ZerothError(
    "E-DATA-2",
    `${task} needs the columns ${lists.join(" or ")}, and ${labelColumn}; ` +
      `the columns are ${briefList(columns)}. Choose the task that fits the file.`,
  );
}

/** Columns that hold a list; written by hand, they have an entry a line. */
const lists: readonly string[] = ["entities"];

/** What a person fills in to ask a model about a row of their own, the right answer left out. */
export function columnsToAsk(spec: TaskSpec): readonly string[] {
  if ("task" in spec) {
    const { labelColumn } = taskDefinition(spec.task);
    return mappableColumns(taskDefinition(spec.task)).filter((name) => name !== labelColumn);
  }
  return [...new Set([...templateColumns(spec.template), ...(spec.optionColumns ?? [])])];
}

/** A row as a person wrote it down. */
export function rowAsWritten(values: Readonly<Record<string, string>>): Row {
  const entries = Object.entries(values).map(([name, text]) => [
    name,
    lists.includes(name) ? linesOf(text) : text,
  ]);
  return Object.fromEntries(entries);
}

function linesOf(text: string): readonly string[] {
  const lines = text.split("\n").map((line) => line.trim());
  return lines.filter((line) => line !== "");
}
