import { type ErrorCode, ZerothError } from "#base/errors.ts";
import { describeJson } from "#base/schema.ts";
import { quote } from "#base/text.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

/** Values nested deeper are refused: to show, store or pass them on would overflow the stack. */
export const MAX_JSON_DEPTH = 100;

/**
 * The object in a JSON text. Python writes bare NaN and Infinity, which JSON has not; they are read
 * as null.
 *
 * @param fileName for the message
 * @throws ZerothError of the given code if the text is not JSON, or not an object at its top
 */
export function parseJsonObject(
  text: string,
  fileName: string,
  code: ErrorCode = "E-FILE-3",
): JsonObject {
  const value = parseLeniently(text);
  if (value === undefined) {
    throw new ZerothError(
      code,
      `${quote(fileName)} is not valid JSON. Download it again from the model's page.`,
    );
  }
  if (!isJsonObject(value)) {
    throw new ZerothError(
      code,
      `${quote(fileName)} holds ${describeJson(value)} where an object { … } is expected. ` +
        `Choose the file that belongs to the model.`,
    );
  }
  if (isNestedDeep(value)) {
    throw new ZerothError(
      code,
      `${quote(fileName)} has values nested more than ${MAX_JSON_DEPTH} deep. ` +
        `Choose the file that belongs to the model.`,
    );
  }
  return value;
}

/**
 * The value of a JSON text that some other file holds.
 *
 * @throws Error if it is not JSON, or nested too deep
 */
export function parseBoundedJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (!isNestedDeep(value)) return value;
  throw new Error(`JSON nested more than ${MAX_JSON_DEPTH} deep`);
}

/** Whether lists and objects in the value are nested more than `depth` deep. */
export function isNestedDeep(value: unknown, depth = MAX_JSON_DEPTH): boolean {
  if (typeof value !== "object" || value === null) return false;
  if (depth === 0) return true;
  return Object.values(value).some((inner) => isNestedDeep(inner, depth - 1));
}

/** Whether a parsed value is an object, not null and not a list. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A key that occurs twice in one object of a valid JSON text; `JSON.parse` hides these. */
export function findDuplicateKey(json: string): string | undefined {
  const open: Set<string>[] = [];
  let lastString = "";
  for (const [token] of json.matchAll(STRING_OR_MARK)) {
    if (token === "{") open.push(new Set());
    else if (token === "}") open.pop();
    else if (token !== ":") lastString = token;
    else {
      const key = String(JSON.parse(lastString)); // "\u0061" and "a" are the same key
      const keys = open.at(-1);
      if (keys?.has(key)) return key;
      keys?.add(key);
    }
  }
  return undefined;
}

// A string is matched whole, so marks inside it are not seen. It must be closed: the search for the
// end of one that is not would begin again at every escaped quote, in quadratic time.
const STRING_OR_MARK = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"|[{}:]/g;
const PYTHON_NUMBER = /-?\bInfinity\b|\bNaN\b/g;

function parseLeniently(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Only now, so that valid files pay nothing.
  }
  try {
    return JSON.parse(withoutPythonNumbers(text));
  } catch {
    return undefined; // no JSON text parses to undefined
  }
}

/** The text with null for NaN and Infinity, except inside strings. */
function withoutPythonNumbers(text: string): string {
  let result = "";
  for (let at = 0; at < text.length; ) {
    const quoteAt = text.indexOf('"', at);
    const start = quoteAt < 0 ? text.length : quoteAt;
    const end = quoteAt < 0 ? text.length : endOfString(text, quoteAt);
    result += text.slice(at, start).replace(PYTHON_NUMBER, "null") + text.slice(start, end);
    at = end;
  }
  return result;
}

/** The offset after the string that opens at `from`, or the end of the text. */
function endOfString(text: string, from: number): number {
  for (let at = from + 1; at < text.length; at++) {
    if (text[at] === "\\") at++;
    else if (text[at] === '"') return at + 1;
  }
  return text.length;
}

/** Where a text stops being JSON. `column` counts from 1 over the whole text. */
export interface JsonFault {
  readonly column: number;
  /** What would have been right there: `"," or "}"`. */
  readonly expected: string;
}

/**
 * The first position where `text` stops being JSON, or null if it is JSON.
 *
 * `JSON.parse` names the place differently in every browser, and Safari not at all; a person looking
 * for a missing comma needs it. It walks with a stack of its own, so deep nesting cannot overflow.
 */
export function findJsonFault(text: string): JsonFault | null {
  const open: ("{" | "[")[] = [];
  let state: State = "value";
  let at = skipSpace(text, 0);
  while (state !== "end" || at < text.length) {
    const fault = (expected: string): JsonFault => ({ column: at + 1, expected });
    const char = text[at];
    if (state === "end") return fault("the end of the text");
    if (state === "colon") {
      if (char !== ":") return fault('":"');
      at++;
      state = "value";
    } else if (state === "comma") {
      const closing = open.at(-1) === "{" ? "}" : "]";
      if (char === closing) {
        open.pop();
        state = open.length === 0 ? "end" : "comma";
      } else if (char === ",") state = closing === "}" ? "key" : "value";
      else return fault(`"," or "${closing}"`);
      at++;
    } else if (closesEmpty(state, char)) {
      open.pop();
      state = open.length === 0 ? "end" : "comma";
      at++;
    } else if (state === "key" || state === "firstKey") {
      if (char !== '"') return fault(state === "key" ? "a name in quotes" : 'a name or "}"');
      const string = scanString(text, at);
      if (typeof string !== "number") return string;
      at = string;
      state = "colon";
    } else if (char === "{" || char === "[") {
      open.push(char);
      state = char === "{" ? "firstKey" : "firstValue";
      at++;
    } else {
      const scalar = scanScalar(text, at);
      if (typeof scalar !== "number") return scalar;
      at = scalar;
      state = open.length === 0 ? "end" : "comma";
    }
    at = skipSpace(text, at);
  }
  return null;
}

/** What may follow: "comma" is a comma or the closing bracket. */
type State = "value" | "firstValue" | "key" | "firstKey" | "colon" | "comma" | "end";

function closesEmpty(state: State, char: string | undefined): boolean {
  return (state === "firstKey" && char === "}") || (state === "firstValue" && char === "]");
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (at < text.length && " \t\n\r".includes(text.charAt(at))) at++;
  return at;
}

/** The end of the string, number or word that begins at `from`, or what is wrong with it. */
function scanScalar(text: string, from: number): number | JsonFault {
  if (text[from] === '"') return scanString(text, from);
  const scalar = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
  scalar.lastIndex = from;
  return scalar.test(text) ? scalar.lastIndex : { column: from + 1, expected: "a value" };
}

// By hand, because a regular expression with a branch per character overflows on long strings.
function scanString(text: string, from: number): number | JsonFault {
  for (let at = from + 1; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '"') return at + 1;
    if (char < " ") return { column: at + 1, expected: "an escape such as \\n" };
    if (char !== "\\") continue;
    const escaped = /["\\/bfnrt]|u[0-9a-fA-F]{4}/y;
    escaped.lastIndex = at + 1;
    if (!escaped.test(text)) return { column: at + 1, expected: "a valid escape" };
    at = escaped.lastIndex - 1;
  }
  return { column: text.length + 1, expected: 'a closing quote (")' };
}
