import { expect, test } from "vitest";
import { fieldOffsets, packStruct, type StructLayout, zeroFields } from "./card.ts";

const layout = { count: "u32", scale: "f32", last: "u32" } as const;
const fields = { last: 0xffffffff, count: 7, scale: 0.1 };

test("fields lie in the layout's order, little-endian, whatever the order they are given in", () => {
  const view = new DataView(packStruct(layout, fields));
  expect(view.getUint32(0, true)).toBe(7);
  expect(view.getFloat32(4, true)).toBe(Math.fround(0.1));
  expect(view.getUint32(8, true)).toBe(0xffffffff);
});

test("a uniform struct is padded to a multiple of 16 bytes", () => {
  expect(packStruct(layout, fields).byteLength).toBe(16);
  const five = { a: "u32", b: "u32", c: "u32", d: "u32", e: "u32" } as const;
  expect(packStruct(five, zeroFields(five)).byteLength).toBe(32);
});

test("the offset of a field counts words", () => {
  expect(fieldOffsets(layout)).toEqual({ count: 0, scale: 1, last: 2 });
});

test("a struct with a field missing is rejected by its name", () => {
  const any: StructLayout = layout;
  expect(() => packStruct(any, { count: 7, scale: 1 })).toThrow(
    'The field "last" of a uniform struct is missing.',
  );
});

test("a struct with an unknown field is rejected", () => {
  const more = { ...fields, more: 1 };
  expect(() => packStruct(layout, more)).toThrow(
    "A uniform struct has the fields count,scale,last, but was given last,count,scale,more.",
  );
});
