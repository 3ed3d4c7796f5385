import fc from "fast-check";
import Papa from "papaparse";
import { expect, test } from "vitest";
import { ZerothError } from "#base/errors.ts";
import { parseTable } from "./table.ts";

test("JSONL keeps JSON values, and columns are named in the order they are met", () => {
  const table = parseTable("a.jsonl", '{"text": "x", "label": 1}\n{"text": "y", "extra": true}\n');
  expect(table.format).toBe("jsonl");
  expect(table.columns).toEqual(["text", "label", "extra"]);
  expect(table.rows).toEqual([
    { text: "x", label: 1 },
    { text: "y", extra: true },
  ]);
  expect(table.rowNumbers).toEqual([1, 2]);
  expect(table.problems).toEqual([]);
});

test("a bad JSONL row is named by its line and column, and the good rows stay", () => {
  const table = parseTable(
    "a.jsonl",
    '{"text": "x", "label": 1}\n{"text": "good" "label": 1}\n\n[1]\n"s"\n{"text": "y", "label": 0}',
  );
  expect(table.rowNumbers).toEqual([1, 6]);
  expect(table.problems).toEqual([
    {
      row: 2,
      code: "E-DATA-1",
      message:
        'Row 2 is not valid JSON: expected "," or "}" at column 17, near {"text": "good" "label": 1}.',
    },
    { row: 4, code: "E-DATA-1", message: "Row 4 is a list, not an object with columns." },
    { row: 5, code: "E-DATA-1", message: 'Row 5 is the text "s", not an object with columns.' },
  ]);
});

test("a JSON array is read, whatever the file is called", () => {
  for (const name of ["a.json", "a.jsonl", "a.txt"]) {
    const table = parseTable(name, '[\n {"text": "x"},\n 7,\n {"text": "y"}\n]\n');
    expect(table.format).toBe("json");
    expect(table.rowNumbers).toEqual([1, 3]);
    expect(table.problems[0]?.message).toBe("Row 2 is the number 7, not an object with columns.");
  }
});

test("a broken JSON array is refused with the line and the column", () => {
  expect(() => parseTable("a.json", '[\n {"text": "x"}\n {"text": "y"}\n]')).toThrow(
    '"a.json" is not valid JSON: expected "," or "]" at line 3, column 2, near {"text": "y"}. ' +
      "Correct it there.",
  );
});

test("a JSON file with one object is told how rows are written", () => {
  expect(() => parseTable("a.json", '{\n "train": []\n}')).toThrow(
    '"a.json" holds an object, not a list of rows.',
  );
});

test("JSONL called .json or .csv is still JSONL", () => {
  expect(parseTable("a.json", '{"text": "x"}\n{"text": "y"}').format).toBe("jsonl");
  expect(parseTable("a.csv", '{"text": "x"}').format).toBe("jsonl");
});

test("CSV keeps quoted commas, quotes and line breaks in their field", () => {
  const table = parseTable("a.csv", 'text,label\n"a, ""b""\nc",1\nplain,0\n');
  expect(table.format).toBe("csv");
  expect(table.columns).toEqual(["text", "label"]);
  expect(table.rows).toEqual([
    { text: 'a, "b"\nc', label: "1" },
    { text: "plain", label: "0" },
  ]);
});

test("a stray quote in TSV is part of the text and swallows nothing", () => {
  const table = parseTable("dev.tsv", 'sentence\tlabel\n"a stray quote\t1\nnext\t0\n"c"\t1');
  expect(table.format).toBe("tsv");
  expect(table.rows.map((row) => Object.values(row)[0])).toEqual(['"a stray quote', "next", '"c"']);
});

test("tabs in the header make a TSV of a file without a telling name", () => {
  expect(parseTable("pasted", "text\tlabel\nx, y\t1").rows).toEqual([{ text: "x, y", label: "1" }]);
});

test("CSV with semicolons is read by its header", () => {
  expect(parseTable("a.csv", "text;label\nx, y;1").rows).toEqual([{ text: "x, y", label: "1" }]);
});

test("CSV rows with too few or too many fields are problems, not guesses", () => {
  const table = parseTable("a.csv", "text,label\nx,1\n\ny\na,b,c\nz,0\n");
  expect(table.rowNumbers).toEqual([1, 5]);
  expect(table.problems.map((problem) => problem.message)).toEqual([
    "Row 3 has 1 field, the header has 2.",
    "Row 4 has 3 fields, the header has 2.",
  ]);
});

test("a quote that never closes is said with how much it swallowed", () => {
  const table = parseTable("a.csv", 'text,label\nx,1\n"y,0\nz,1\nw,0');
  expect(table.rowNumbers).toEqual([1]);
  expect(table.problems).toEqual([
    {
      row: 2,
      code: "E-DATA-1",
      message:
        "Row 2 opens a quote that never closes, so 3 lines up to the end were read as one row.",
    },
  ]);
});

test("a column without a name gets one, and a name used twice hides nothing", () => {
  expect(parseTable("a.csv", ",text,text\n0,x,y").rows).toEqual([
    { "column 1": "0", text: "x", "text (2)": "y" },
  ]);
});

test("names used again and again are counted on, past those that are taken", () => {
  const { columns } = parseTable("a.csv", "a,a,a (2),a,,a (2)\n0,1,2,3,4,5");
  expect(columns).toEqual(["a", "a (2)", "a (2) (2)", "a (3)", "column 5", "a (2) (3)"]);
});

test("a thousand columns are read, and one more is refused by the header", () => {
  const csv = (width: number) =>
    [0, 1].map(() => Array.from({ length: width }, () => "a").join()).join("\n");
  expect(parseTable("a.csv", csv(1000)).columns.at(-1)).toBe("a (1000)");
  const refused =
    '"a.csv" has 1,200 columns; at most 1,000 are read. Is each row keyed by its id? Give all rows ' +
    "the same columns.";
  expect(() => parseTable("a.csv", csv(1200))).toThrow(new ZerothError("E-DATA-9", refused));
  expect(() => parseTable("a.tsv", csv(1001).replaceAll(",", "\t"))).toThrow(
    '"a.tsv" has 1,001 columns',
  );
});

test("rows that are keyed by their ids are refused where columns become too many", () => {
  const rows = Array.from({ length: 5000 }, (_, i) => ({ [`id${i}`]: "x" }));
  const lines = rows.map((row) => JSON.stringify(row)).join("\n");
  for (const [name, text] of [
    ["a.jsonl", lines],
    ["a.json", JSON.stringify(rows)],
  ] as const) {
    expect(() => parseTable(name, text)).toThrow(
      `"${name}" has 1,001 columns up to row 1,001; at most 1,000 are read. Is each row keyed`,
    );
  }
  const one = JSON.stringify(Object.assign({}, ...rows));
  expect(() => parseTable("a.jsonl", one)).toThrow("has 5,000 columns up to row 1;");
});

test("a byte order mark and Windows or old Mac line ends leave no trace", () => {
  const expected = [
    { text: "x", label: "1" },
    { text: "y", label: "0" },
  ];
  for (const end of ["\n", "\r\n", "\r"]) {
    const csv = `\ufefftext,label${end}x,1${end}"y",0${end}`;
    expect(parseTable("a.csv", csv).rows).toEqual(expected);
    const jsonl = `\ufeff${expected.map((row) => JSON.stringify(row)).join(end)}`;
    expect(parseTable("a.jsonl", jsonl).rows).toEqual(expected);
  }
});

test("a file whose line ends are mixed keeps its rows apart", () => {
  expect(parseTable("a.csv", "text,label\r\nx,1\ny,0\r\nz,1").rows).toHaveLength(3);
});

test("a file without a readable row is refused with its name and what is wrong", () => {
  const refused = (name: string, text: string) => {
    try {
      parseTable(name, text);
    } catch (error) {
      return error instanceof ZerothError ? `${error.code}: ${error.message}` : String(error);
    }
    return "read";
  };
  expect(refused("a.csv", "\ufeff \n")).toBe(
    'E-DATA-1: "a.csv" is empty. Choose a file with rows.',
  );
  expect(refused("a.csv", "text,label\n")).toContain('E-DATA-1: "a.csv" has no rows.');
  expect(refused("a.jsonl", "hello\nworld")).toContain(
    'None of the 2 rows of "a.jsonl" could be read',
  );
  expect(refused("a.parquet", "PAR1\0\0")).toContain('"a.parquet" is not UTF-8 text,');
});

test("more than 200 million characters or a million rows are refused with the number", () => {
  expect(() => parseTable("a.csv", "a".repeat(200_000_001))).toThrow("has 200,000,001 characters");
  expect(() => parseTable("a.jsonl", "{}\n".repeat(1_000_001))).toThrow("has 1,000,001 rows");
});

test("what is written as CSV is read back as it was", () => {
  const value = fc.string({ unit: "binary" }).filter((text) => !/[\0\r]/.test(text));
  const rows = fc.array(fc.record({ text: value, label: value }, { noNullPrototype: true }), {
    minLength: 1,
    maxLength: 8,
  });
  fc.assert(
    fc.property(rows, (written) => {
      const csv = Papa.unparse(written, { columns: ["text", "label"], newline: "\n" });
      const table = parseTable("a.csv", csv);
      expect(table.problems).toEqual([]);
      expect(table.rows).toEqual(written);
    }),
  );
});
