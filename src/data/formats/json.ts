import { type ErrorCode, ZerothError } from "#base/errors.ts";
import { quote } from "#base/quote.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The object in a JSON text. Python writes bare NaN and Infinity, which JSON has not; they are read
 * as null.
 *
 * @param fileName for the sentence
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
      `${quote(fileName)} holds ${nameKind(value)} where an object { … } is expected. ` +
        `Choose the file that belongs to the model.`,
    );
  }
  return value;
}

/** Whether a parsed value is an object, not null and not a list. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** A key that stands twice in one object of a valid JSON text; `JSON.parse` hides those. */
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

// A string is matched whole, so marks inside it are not seen. The unrolled form never backtracks
// over what it has matched, so a hostile text costs linear time.
const STRING_OR_MARK = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"|[{}:]/g;
const STRING_OR_PYTHON_NUMBER = /"[^"\\]*(?:\\[\s\S][^"\\]*)*"|-?\bInfinity\b|\bNaN\b/g;

function parseLeniently(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Only now, so that valid files pay nothing.
  }
  try {
    return JSON.parse(
      text.replace(STRING_OR_PYTHON_NUMBER, (token) => (token.startsWith('"') ? token : "null")),
    );
  } catch {
    return undefined; // no JSON text parses to undefined
  }
}

function nameKind(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "a list" : `a ${typeof value}`;
}

/** Where a text stops being JSON. `column` counts from 1 over the whole text. */
export interface JsonFault {
  readonly column: number;
  /** What would have been right there: `"," or "}"`. */
  readonly expected: string;
}

/**
 * The first place where `text` stops being JSON, or null if it is JSON.
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

/** What may come next: "comma" stands for a comma or the closing bracket. */
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
