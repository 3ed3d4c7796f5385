import { mappableColumns } from "./columns.ts";
import { taskDefinition } from "./index.ts";
import type { Row, TaskSpec } from "./task.ts";
import { templateColumns } from "./template.ts";

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
