import type { Row } from "../tasks/task.ts";
import { isJsonObject, type JsonObject } from "./json.ts";

/** Names under which files keep their list of rows, the usual one first. */
const LIST_NAMES = ["data", "rows", "examples", "train", "records", "items", "instances"];

/** Lists of objects that belong to a row: it is a chat. */
const ROW_PARTS = ["messages", "conversations"];

/**
 * The rows inside a JSON object, or null if it has none: a list of objects under a name
 * (`{"data": [{…}, …]}`), or columns (`{"text": […], "label": […]}`), as pandas and `datasets` write them.
 */
export function rowsInObject(value: JsonObject): readonly unknown[] | null {
  const lists = Object.entries(value).filter(
    (entry): entry is [string, unknown[]] =>
      Array.isArray(entry[1]) && isJsonObject(entry[1][0]) && !ROW_PARTS.includes(entry[0]),
  );
  const named = LIST_NAMES.flatMap((name) => lists.filter(([key]) => key === name));
  const [only] = named.length > 0 ? named : lists.length === 1 ? lists : [];
  return only?.[1] ?? rowsFromColumns(value);
}

/** Columns as lists, or as objects keyed by row, as pandas' `to_json` writes by default. */
function rowsFromColumns(value: JsonObject): readonly Row[] | null {
  const columns = Object.entries(value);
  const [, first] = columns[0] ?? [];
  const keys = keysOf(first);
  if (columns.length < 2 || keys.length === 0) return null;
  const isColumn = (column: unknown) =>
    Array.isArray(column) === Array.isArray(first) && keysOf(column).length === keys.length;
  if (!columns.every(([, column]) => isColumn(column))) return null;
  return keys.map((key) =>
    Object.fromEntries(
      columns.map(([name, column]) => [
        name,
        typeof column === "object" && column !== null && Object.hasOwn(column, key)
          ? Reflect.get(column, key)
          : null,
      ]),
    ),
  );
}

function keysOf(column: unknown): readonly string[] {
  return typeof column === "object" && column !== null ? Object.keys(column) : [];
}

/** The object a text begins with, up to its closing brace; null if the text begins otherwise or the object never closes. */
export function firstObject(text: string): string | null {
  const start = text.length - text.trimStart().length;
  if (text[start] !== "{") return null;
  const end = endOfObject(text, start);
  return end < 0 ? null : text.slice(start, end);
}

/** The objects of a text with objects over several lines; other text is returned as its line. */
export function* objectsIn(text: string): Generator<string> {
  for (let at = 0; at < text.length; ) {
    if (/\s/.test(text.charAt(at))) {
      at++;
      continue;
    }
    const isObject = text[at] === "{";
    const end = isObject ? endOfObject(text, at) : text.indexOf("\n", at);
    const next = end < 0 ? text.length : end;
    yield text.slice(at, next);
    at = next;
  }
}

/** The offset after the brace that closes the object at `from`, or -1. */
function endOfObject(text: string, from: number): number {
  let depth = 0;
  for (let at = from; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case 0x22: // a string, whose braces do not count
        at = closingQuote(text, at);
        if (at < 0) return -1;
        break;
      case 0x7b:
        depth++;
        break;
      case 0x7d:
        depth--;
        if (depth === 0) return at + 1;
        break;
    }
  }
  return -1;
}

function closingQuote(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === 0x5c) at++;
    else if (code === 0x22) return at;
  }
  return -1;
}
