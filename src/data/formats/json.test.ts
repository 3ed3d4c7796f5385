import fc from "fast-check";
import { expect, test } from "vitest";
import { findJsonFault } from "./json.ts";

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

test("a missing comma is named with the column where it should stand", () => {
  expect(findJsonFault('{"text": "good" "label": 1}')).toEqual({
    column: 17,
    expected: '"," or "}"',
  });
});

test.each([
  ["", 1, "a value"],
  ["{'a': 1}", 2, 'a name or "}"'],
  ['{"a" 1}', 6, '":"'],
  ['{"a": 1,}', 9, "a name in quotes"],
  ["[1, 2", 6, '"," or "]"'],
  ['{"a": NaN}', 7, "a value"],
  ['{"a": 1} x', 10, "the end of the text"],
  ['{"a": "b}', 10, 'a closing quote (")'],
  ['{"a": "\\x"}', 8, "a valid escape"],
  ['["a\tb"]', 4, "an escape such as \\n"],
])("%s fails at column %i, expecting %s", (text, column, expected) => {
  expect(findJsonFault(text)).toEqual({ column, expected });
});

test("a fault is found exactly in the texts that JSON.parse refuses", () => {
  const damaged = fc
    .tuple(fc.json(), fc.nat(), fc.constantFrom("", ",", '"', "}", "]", "{", "\\", "1", "e", " "))
    .map(([text, at, piece]) => {
      const cut = at % (text.length + 1);
      return text.slice(0, cut) + piece + text.slice(cut + 1);
    });
  fc.assert(
    fc.property(fc.oneof(fc.json(), damaged), (text) => {
      expect(findJsonFault(text) === null).toBe(isJson(text));
    }),
    { numRuns: 500 },
  );
});

test("brackets nested a million deep are judged without overflowing the stack", () => {
  expect(findJsonFault("[".repeat(1_000_000))?.column).toBe(1_000_001);
});
