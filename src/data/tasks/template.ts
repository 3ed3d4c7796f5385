import { ZerothError } from "#base/errors.ts";
import { briefList, quote } from "#base/text.ts";
import type { Row } from "./task.ts";

/** Fixed text, or the name of a column whose value is inserted. */
export type TemplatePart =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "column"; readonly column: string };

/**
 * The pieces of a template: `{text} It was` is the column `text`, then " It was". `{{` and `}}` stand
 * for single braces, as in Python's `str.format`; its conversions (`!r`) and formats (`:>8`) do not
 * exist here: everything between braces is a column's name.
 *
 * @throws ZerothError E-TASK-1 for an unbalanced brace
 */
export function parseTemplate(template: string): readonly TemplatePart[] {
  const parts: TemplatePart[] = [];
  let text = "";
  let at = 0;
  while (at < template.length) {
    const char = template.charAt(at);
    if (char !== "{" && char !== "}") {
      text += char;
      at++;
    } else if (template[at + 1] === char) {
      text += char;
      at += 2;
    } else {
      const column = /\{([^{}]+)\}/y;
      column.lastIndex = at;
      const name = column.exec(template)?.[1];
      if (name === undefined) throw strayBrace(template, at);
      if (text !== "") parts.push({ kind: "text", text });
      parts.push({ kind: "column", column: name });
      text = "";
      at = column.lastIndex;
    }
  }
  if (text !== "") parts.push({ kind: "text", text });
  return parts;
}

function strayBrace(template: string, at: number): ZerothError {
  const brace = template.charAt(at);
  return new ZerothError(
    "E-TASK-1",
    `The template has a "${brace}" at character ${at + 1} that belongs to no {column}. ` +
      `Write {column} for a column's value, or ${brace}${brace} for the brace itself.`,
  );
}

/** The columns in a template, each once, in order of appearance. */
export function templateColumns(template: string): readonly string[] {
  const names = parseTemplate(template).flatMap((part) =>
    part.kind === "column" ? [part.column] : [],
  );
  return [...new Set(names)];
}

/**
 * Refuses a template that cannot be filled from these columns.
 *
 * @throws ZerothError E-TASK-1 if it is malformed or names no column, E-DATA-2 if it names one that
 *   is not there
 */
export function checkTemplate(template: string, columns: readonly string[]): void {
  const wanted = templateColumns(template);
  if (wanted.length === 0) {
    throw new ZerothError(
      "E-TASK-1",
      `The template ${quote(template)} names no column, so every row would read the same. ` +
        `Write one of ${listColumns(columns)} into it.`,
    );
  }
  const missing = wanted.find((column) => !columns.includes(column));
  if (missing !== undefined) throw unknownColumn(missing, columns);
}

function unknownColumn(column: string, columns: readonly string[]): ZerothError {
  return new ZerothError(
    "E-DATA-2",
    `The template asks for {${briefList([column])}}, but the columns are ${listColumns(columns)}. ` +
      "Use one of those.",
  );
}

function listColumns(columns: readonly string[]): string {
  return briefList(columns.map((column) => `{${column}}`));
}

/**
 * The prompt of one row: the template with every value in place, strings stripped at both ends.
 *
 * @throws ZerothError E-DATA-2 if the row has no text for a column
 */
export function renderTemplate(template: string, row: Row): string {
  let prompt = "";
  for (const part of parseTemplate(template)) {
    if (part.kind === "text") {
      prompt += part.text;
      continue;
    }
    if (!Object.hasOwn(row, part.column)) throw unknownColumn(part.column, Object.keys(row));
    const text = valueText(row[part.column]);
    if (text === null) {
      throw new ZerothError("E-DATA-2", `${missingText(row, part.column)} Fill it in.`);
    }
    prompt += text;
  }
  return prompt;
}

/** Why a row cannot fill the template, as a sentence; null if it can fill it. */
export function rowFault(template: string, row: Row): string | null {
  const column = templateColumns(template).find(
    (name) => !Object.hasOwn(row, name) || valueText(row[name]) === null,
  );
  return column === undefined ? null : missingText(row, column);
}

function missingText(row: Row, column: string): string {
  const value = Object.hasOwn(row, column) ? row[column] : undefined;
  if (value === undefined) return `The row has no ${quote(column)}.`;
  if (value === null) return `${quote(column)} is null.`;
  return `${quote(column)} holds ${Array.isArray(value) ? "a list" : "an object"}, not a text.`;
}

/**
 * What Python's `format` writes for a JSON value, strings stripped; null for what is no text (null,
 * lists, objects). One thing is lost in reading: JSON's 1.0 is 1 in JavaScript, "1.0" in Python.
 */
export function valueText(value: unknown): string | null {
  if (typeof value === "string") return pythonStrip(value);
  if (typeof value === "number") return pythonNumber(value);
  if (typeof value === "boolean") return value ? "True" : "False";
  return null;
}

/**
 * A label as it is compared: whole floats are the integers they equal ("1.0", as pandas writes a column with gaps),
 * and True is true, as Python writes it.
 */
export function canonicalLabel(text: string): string {
  const label = pythonStrip(text);
  if (/^-?\d+\.0+$/.test(label)) return label.replace(/^-(?=0+\.)|\.0+$/g, "");
  return /^(true|false)$/i.test(label) ? label.toLowerCase() : label;
}

/** A label as text: strings stripped, "true" and "false", 1 for JSON's 1 and 1.0; null for none. */
export function labelText(value: unknown): string | null {
  if (typeof value === "string") return pythonStrip(value) || null;
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  return null;
}

// Python writes 1e-05 where JavaScript writes 0.00001, and turns to exponents below 1e-4.
function pythonNumber(value: number): string {
  if (Number.isInteger(value)) return BigInt(value).toString();
  if (Math.abs(value) >= 1e-4) return String(value);
  return value.toExponential().replace(/e-(\d)$/, "e-0$1");
}

// Exactly the characters Python's str.isspace() counts. JavaScript's trim() also takes U+FEFF and
// leaves U+001C-U+001F and U+0085, which would move a token boundary in rare texts.
const SPACE =
  "\\t-\\r\\u001c-\\u0020\\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000";
const PYTHON_SPACE = new RegExp(`[${SPACE}]`);
const PYTHON_SPACES = new RegExp(`[${SPACE}]+`);

/** `text` without whitespace at either end, as Python's `str.strip()`. */
export function pythonStrip(text: string): string {
  return pythonLstrip(pythonRstrip(text));
}

/** `text` without whitespace at its end, as Python's `str.rstrip()`. */
export function pythonRstrip(text: string): string {
  let end = text.length;
  while (end > 0 && PYTHON_SPACE.test(text.charAt(end - 1))) end--;
  return text.slice(0, end);
}

/** `text` without whitespace in front, as Python's `str.lstrip()`. */
export function pythonLstrip(text: string): string {
  let start = 0;
  while (start < text.length && PYTHON_SPACE.test(text.charAt(start))) start++;
  return text.slice(start);
}

/** The words of `text`, as Python's `str.split()`. */
export function pythonSplit(text: string): readonly string[] {
  return text.split(PYTHON_SPACES).filter((word) => word !== "");
}

/** `text` without U+0020 at either end, as Python's `str.strip(" ")`: line breaks stay. */
export function stripSpaces(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && text[start] === " ") start++;
  while (end > start && text[end - 1] === " ") end--;
  return text.slice(start, end);
}
