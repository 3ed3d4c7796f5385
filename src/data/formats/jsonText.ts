import { type ErrorCode, ZerothError } from "#base/errors.ts";
import { quote } from "./readExactly.ts";

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
