import { z } from "zod";
import { quote } from "./text.ts";

// zod would otherwise try `new Function`, which the page's content policy forbids. The page itself, which
// uses zod/mini, is configured in `entry/main.tsx`.
z.config({ jitless: true });

export { z };

/**
 * The value if it fits the schema.
 *
 * A schema may say what is needed in words: `z.string({ error: "a file name" })`.
 *
 * @param refuse makes the error from a flaw such as `"weight_map.a" is an object; a file name is needed`
 */
export function readAs<T>(
  schema: z.ZodType<T>,
  value: unknown,
  refuse: (flaw: string) => Error,
): T {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  throw refuse(issue === undefined ? "it is malformed" : flawOf(issue, value));
}

/**
 * What a value from a file is, for a message: its JSON type, and of a text or number the beginning of it. An object
 * from a file must not reach a template string, which would call its `toString`.
 */
export function describeJson(value: unknown): string {
  if (value === undefined) return "missing";
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  switch (typeof value) {
    case "string":
      return `the text ${quote(value)}`;
    case "number":
      return `the number ${value}`;
    case "boolean":
      return String(value);
    default:
      return "an object";
  }
}

function flawOf(issue: z.core.$ZodIssue, whole: unknown): string {
  const deepest = deepestOf(issue);
  const keys = deepest.path.map(String);
  const where = keys.length === 0 ? "it" : quote(keys.join("."));
  if (deepest.code === "unrecognized_keys") {
    return `${where} has the unknown key ${quote(deepest.keys[0] ?? "")}`;
  }
  return `${where} is ${describeJson(valueAt(whole, keys))}; ${neededFor(deepest)} is needed`;
}

/** Of a union, the first issue of the alternative that has the fewest. */
function deepestOf(issue: z.core.$ZodIssue): z.core.$ZodIssue {
  if (issue.code !== "invalid_union") return issue;
  const [best] = issue.errors.toSorted((a, b) => a.length - b.length);
  const [first] = best ?? [];
  const deepest = first === undefined ? issue : deepestOf(first);
  // Where no alternative fits at all, the union itself says what is needed.
  if (deepest.path.length === 0) return issue;
  return { ...deepest, path: [...issue.path, ...deepest.path] };
}

function valueAt(value: unknown, keys: readonly string[]): unknown {
  let at = value;
  for (const key of keys) {
    if (typeof at !== "object" || at === null || !Object.hasOwn(at, key)) return undefined;
    at = Reflect.get(at, key);
  }
  return at;
}

const TYPES: Readonly<Record<string, string>> = {
  string: "a text",
  number: "a number",
  int: "a whole number",
  boolean: "true or false",
  array: "a list",
  object: "an object",
  record: "an object",
};

function neededFor(issue: z.core.$ZodIssue): string {
  // zod's own messages speak of its types; one that a schema brings says what is needed.
  if (!/^(Invalid|Too|Unrecognized)\b/.test(issue.message)) return issue.message;
  switch (issue.code) {
    case "invalid_type":
      return TYPES[issue.expected] ?? issue.expected;
    case "invalid_value":
      return issue.values.map((value) => describeJson(value).replace(/^the \w+ /, "")).join(" or ");
    case "too_big":
      return `${sizeOf(issue.origin)} of at most ${issue.maximum}`;
    case "too_small":
      return `${sizeOf(issue.origin)} of at least ${issue.minimum}`;
    case "invalid_union": {
      const needed = issue.errors.flatMap(([first]) => (first ? [neededFor(first)] : []));
      return [...new Set(needed)].join(" or ");
    }
    default:
      return "another value";
  }
}

function sizeOf(origin: string): string {
  if (origin === "string") return "a text with a length";
  return origin === "array" ? "a list with a length" : "a number";
}
