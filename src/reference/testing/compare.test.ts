import { expect, test } from "vitest";
import { toTheBit } from "../twin.ts";
import { compare } from "./compare.ts";

const floats = (...values: number[]) => new Float32Array(values);
const words = (...values: number[]) => new Uint32Array(values);
const near = { absolute: 1e-3, relative: 0 };

test("with a bound of 0, a last bit and the sign of a zero are differences", () => {
  expect(compare(floats(1, 2), floats(1, 2).buffer, toTheBit).excess).toBe(0);
  expect(compare(floats(1), floats(1 + 2 ** -23).buffer, toTheBit).excess).toBe(Infinity);
  expect(compare(floats(0), floats(-0).buffer, toTheBit).excess).toBe(Infinity);
});

test("the excess is the difference divided by the allowed one", () => {
  const { excess, at } = compare(new Float64Array([1, 1]), floats(1, 1.0015).buffer, near);
  expect(excess).toBeCloseTo(1.5, 3);
  expect(at).toBe(1);
});

test("a NaN is never within a bound of a number, nor a number of a NaN", () => {
  expect(compare(floats(1), floats(Number.NaN).buffer, near).excess).toBe(Infinity);
  expect(compare(floats(Number.NaN), floats(1).buffer, near).excess).toBe(Infinity);
  expect(compare(floats(Number.NaN), floats(Number.NaN).buffer, near).excess).toBe(0);
});

test("small integers must be equal whatever the bound", () => {
  expect(compare(words(3), words(4).buffer, { absolute: 1, relative: 1 }).excess).toBe(Infinity);
});

test("an output of another length is a difference", () => {
  expect(compare(floats(1), floats(1, 2).buffer, near).excess).toBe(Infinity);
});
