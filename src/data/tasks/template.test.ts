import { expect, test } from "vitest";
import {
  checkTemplate,
  parseTemplate,
  pythonLstrip,
  pythonStrip,
  renderTemplate,
  rowFault,
  stripSpaces,
  templateColumns,
} from "./template.ts";

test("a column's value takes the place of its name, stripped at both ends", () => {
  expect(renderTemplate("{text} It was", { text: "\n a fine film \t" })).toBe("a fine film It was");
});

test("doubled braces stand for themselves", () => {
  expect(renderTemplate("{{{a b}}} {{x}}", { "a b": "q" })).toBe("{q} {x}");
});

// python3 -c 'print("{a} {b} {c} {d} {e}".format(a=True, b=1e-5, c=0.0001, d=123456.789, e=7))'
test("values that are not strings are written as Python writes them", () => {
  const row = { a: true, b: 1e-5, c: 0.0001, d: 123456.789, e: 7 };
  expect(renderTemplate("{a} {b} {c} {d} {e}", row)).toBe("True 1e-05 0.0001 123456.789 7");
});

test("a column that is not there is named with the ones that are", () => {
  expect(() => renderTemplate("{body} It was", { text: "x", label: 1 })).toThrow(
    "The template asks for {body}, but the columns are {text}, {label}. Use one of those.",
  );
  expect(() => checkTemplate("{body}", ["text"])).toThrow("{body}");
});

test("a column named like a property of every object is still missing", () => {
  expect(() => renderTemplate("{constructor}", { text: "x" })).toThrow("{constructor}");
});

test("a brace that opens or closes nothing is refused with its place", () => {
  expect(() => parseTemplate("{text It was")).toThrow('a "{" at character 1');
  expect(() => parseTemplate("text} It was")).toThrow('a "}" at character 5');
  expect(() => parseTemplate("{}")).toThrow('a "{" at character 1');
});

test("a template that names no column is refused", () => {
  expect(() => checkTemplate("It was", ["text"])).toThrow("names no column");
});

test("a template knows its columns, each once", () => {
  expect(templateColumns("{b} {a} {{c}} {b}")).toEqual(["b", "a"]);
});

test("a row without a text for the template says which column and why", () => {
  expect(rowFault("{text}", { text: "x" })).toBeNull();
  expect(rowFault("{text}", {})).toBe('The row has no "text".');
  expect(rowFault("{text}", { text: null })).toBe('"text" is null.');
  expect(rowFault("{text}", { text: ["x"] })).toBe('"text" holds a list, not a text.');
});

// python3 -c 'print([i for i in range(0x110000) if chr(i).strip() == ""])'
const PYTHON_SPACES = [
  0x9, 0xa, 0xb, 0xc, 0xd, 0x1c, 0x1d, 0x1e, 0x1f, 0x20, 0x85, 0xa0, 0x1680, 0x2000, 0x2001, 0x2002,
  0x2003, 0x2004, 0x2005, 0x2006, 0x2007, 0x2008, 0x2009, 0x200a, 0x2028, 0x2029, 0x202f, 0x205f,
  0x3000,
];

test("stripping takes exactly the characters Python takes", () => {
  const stripped: number[] = [];
  for (let code = 0; code < 0x10000; code++) {
    if (pythonStrip(String.fromCharCode(code)) === "") stripped.push(code);
  }
  expect(stripped).toEqual(PYTHON_SPACES);
});

test("a byte order mark inside a text survives stripping", () => {
  expect(pythonStrip(" \ufeffx ")).toBe("\ufeffx");
});

test("stripping in front leaves the end, and stripping spaces leaves line breaks", () => {
  expect(pythonLstrip("\n x \n")).toBe("x \n");
  expect(stripSpaces("  \nx\n  ")).toBe("\nx\n");
});
