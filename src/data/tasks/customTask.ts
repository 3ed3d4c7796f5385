import { ZerothError } from "#base/errors.ts";
import { briefList, quote } from "#base/text.ts";
import type { Sample } from "./definition.ts";
import { BETWEEN_TEXTS, usesScoreHead } from "./scoreHead.ts";
import { generationSample } from "./squad.ts";
import type { CustomTask, Row } from "./task.ts";
import {
  canonicalLabel,
  checkTemplate,
  labelText,
  pythonStrip,
  renderTemplate,
  rowFault,
  valueText,
} from "./template.ts";

/**
 * Refuses a task of one's own that no row of a table with these columns could fit.
 *
 * @throws ZerothError E-TASK-1, E-TASK-2 or E-DATA-2
 */
export function checkCustomTask(spec: CustomTask, columns: readonly string[]): void {
  checkTemplate(spec.template, columns);
  if (!columns.includes(spec.labelColumn)) {
    throw new ZerothError(
      "E-DATA-2",
      spec.labelColumn === ""
        ? `No column is chosen as the label. Choose one of ${briefList(columns)}.`
        : `There is no label column ${quote(spec.labelColumn)}. Choose one of ${briefList(columns)}.`,
    );
  }
  if (spec.kind === "multiple choice") checkOptions(spec.optionColumns ?? [], columns);
  if (usesScoreHead(spec)) return;
  if (spec.kind === "classification" && spec.words.length !== spec.labels.length) {
    throw new ZerothError(
      "E-TASK-2",
      `There are ${spec.labels.length} labels and ${spec.words.length} words. ` +
        "Give every label one word.",
    );
  }
}

function checkOptions(options: readonly string[], columns: readonly string[]): void {
  if (options.length < 2) {
    throw new ZerothError(
      "E-TASK-2",
      `Multiple choice needs at least 2 columns with options; ${options.length} ` +
        `${options.length === 1 ? "is" : "are"} chosen. Choose among ${briefList(columns)}.`,
    );
  }
  const missing = options.find((column) => !columns.includes(column));
  if (missing === undefined) return;
  throw new ZerothError(
    "E-DATA-2",
    `There is no column ${quote(missing)} with options. Choose among ${briefList(columns)}.`,
  );
}

/** The value of a row's label column as text, or null where it has none. */
export function rowLabel(spec: CustomTask, row: Row): string | null {
  return Object.hasOwn(row, spec.labelColumn) ? labelText(row[spec.labelColumn]) : null;
}

/**
 * A row as text; `right` is empty where the row does not say, or where it is not asked.
 *
 * @throws ZerothError E-DATA-2 or E-DATA-3 if the row cannot be used
 */
export function customSample(
  spec: CustomTask,
  row: Row,
  answer: "asked" | "unasked" = "asked",
): Sample {
  const fault = rowFault(spec.template, row);
  if (fault !== null) throw new ZerothError("E-DATA-2", fault);
  // A template's text between two texts is a separator; the same characters in a value are not.
  const templates = usesScoreHead(spec) ? spec.template.split(BETWEEN_TEXTS) : [spec.template];
  const [prompt = "", ...furtherTexts] = templates.map((part) => renderTemplate(part, row));
  const label = answer === "asked" ? rowLabel(spec, row) : null;
  switch (spec.kind) {
    case "classification":
      return {
        prompt,
        ...(furtherTexts.length > 0 && { furtherTexts }),
        options: usesScoreHead(spec) ? spec.labels : spec.words,
        right: label === null ? [] : [labelAt(spec, label)],
      };
    case "multiple choice": {
      const columns = spec.optionColumns ?? [];
      const options = columns.map((column) => optionText(row, column));
      return {
        prompt,
        options: options.map((option) => after(prompt, option)),
        right: label === null ? [] : [optionAt(label, columns, options)],
      };
    }
    case "generation":
      return generationSample(prompt, answersIn(spec, row));
    default:
      return spec.kind satisfies never;
  }
}

/** The index of the row's label among the labels. */
function labelAt(spec: CustomTask, label: string): number {
  const found = spec.labels.map(canonicalLabel).indexOf(canonicalLabel(label));
  if (found >= 0) return found;
  throw new ZerothError(
    "E-DATA-3",
    `Label ${quote(label)} ${usesScoreHead(spec) ? "is not one of the task's" : "has no word"}. ` +
      `The labels are ${briefList(spec.labels.map(pythonStrip))}.`,
  );
}

function optionText(row: Row, column: string): string {
  const text = Object.hasOwn(row, column) ? valueText(row[column]) : null;
  if (text !== null && text !== "") return text;
  throw new ZerothError("E-DATA-2", `There is no option in ${quote(column)}.`);
}

/** An option goes on the prompt's sentence: with a space, unless the prompt ends with white space. */
function after(prompt: string, option: string): string {
  return /\s$/.test(prompt) ? option : ` ${option}`;
}

/** Named by its column, by its place (from 0, or A, B, …) or by its own text. */
function optionAt(label: string, columns: readonly string[], options: readonly string[]): number {
  const byName = columns.indexOf(label);
  if (byName >= 0) return byName;
  const byText = options.indexOf(label);
  if (byText >= 0) return byText;
  const place = /^\d+$/.test(label)
    ? Number(label)
    : /^[A-Za-z]$/.test(label)
      ? label.toUpperCase().charCodeAt(0) - 65
      : -1;
  if (place >= 0 && place < options.length) return place;
  throw new ZerothError(
    "E-DATA-3",
    `${quote(label)} names none of the options: give the column's name, its place counted from 0, a letter ` +
      "from A, or the option's text.",
  );
}

/** The answers of a generation row: a text, or a list of texts that are all right. */
function answersIn(spec: CustomTask, row: Row): readonly string[] {
  const value = Object.hasOwn(row, spec.labelColumn) ? row[spec.labelColumn] : undefined;
  const entries: readonly unknown[] = Array.isArray(value) ? value : [value];
  return entries.flatMap((entry) => valueText(entry) || []);
}
