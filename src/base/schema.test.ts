import { expect, test } from "vitest";
import { describeJson, readAs, z } from "./schema.ts";

const schema = z.object({
  weight_map: z.record(z.string(), z.string({ error: "a file name" })),
  size: z.int().min(1).max(8).optional(),
  kind: z.enum(["a", "b"]).optional(),
  value: z.union([z.string(), z.number()]).optional(),
});
const flaw = (value: unknown): string => {
  try {
    readAs(schema, value, (text) => new Error(text));
    return "fits";
  } catch (error) {
    return error instanceof Error ? error.message : "";
  }
};

test("a value that fits is returned, and one that does not is named with what is needed", () => {
  expect(flaw({ weight_map: { a: "x" } })).toBe("fits");
  expect(flaw({ weight_map: { a: { toString: 1 } } })).toBe(
    '"weight_map.a" is an object; a file name is needed',
  );
  expect(flaw([])).toBe("it is a list; an object is needed");
  expect(flaw({})).toBe('"weight_map" is missing; an object is needed');
  expect(flaw({ weight_map: {}, size: 9 })).toBe(
    '"size" is the number 9; a number of at most 8 is needed',
  );
  expect(flaw({ weight_map: {}, size: 1.5 })).toBe(
    '"size" is the number 1.5; a whole number is needed',
  );
  expect(flaw({ weight_map: {}, kind: null })).toBe('"kind" is null; "a" or "b" is needed');
  expect(flaw({ weight_map: {}, value: [] })).toBe(
    '"value" is a list; a text or a number is needed',
  );
});

test("keys and texts of any length are cut in the message", () => {
  const long = "x".repeat(9_000_000);
  expect(flaw({ weight_map: { [long]: 5 } }).length).toBeLessThan(250);
  expect(describeJson(long).length).toBeLessThan(140);
});
