import Papa from "papaparse";
import { type ErrorCode, ZerothError } from "#base/errors.ts";
import { describeJson } from "#base/schema.ts";
import { plural, quote } from "#base/text.ts";
import type { Row, RowProblem, Table } from "../tasks/task.ts";
import { findJsonFault, isJsonObject, isNestedDeep, MAX_JSON_DEPTH } from "./json.ts";
import { firstObject, objectsIn, rowsInObject } from "./jsonRows.ts";
import {
  refuseLongText,
  refuseManyColumns,
  refuseManyRows,
  refuseManyValues,
} from "./tableLimits.ts";
import { notText } from "./tableText.ts";

/**
 * Reads the rows of a JSONL, JSON, CSV or TSV text. The content decides the format if it is unambiguous, otherwise
 * the file's name. Every row that cannot be read becomes a problem with its number; empty lines are skipped.
 *
 * JSON is a list of rows, or an object with one inside. JSONL has an object a line, or objects over several lines
 * one after another.
 *
 * @throws ZerothError E-DATA-1 if there is no readable row, -8 if the text is not a table, -9 if there is too much
 */
export function parseTable(name: string, text: string): Table {
  refuseLongText(name, text);
  if (text.slice(0, 4096).includes("\0")) throw notText(name);
  const body = normalLineEnds(text.startsWith("\ufeff") ? text.slice(1) : text);
  if (body.trim() === "") throw unreadable(`${quote(name)} is empty.`, "Choose a file with rows.");
  const gathered = READERS[guessFormat(name, body)](name, body);
  if (gathered.rows.length === 0) throw nothingRead(name, gathered.problems);
  return { name, ...gathered };
}

/** Rows and problems in the order of the file. */
interface Gathering {
  readonly rows: Row[];
  readonly rowNumbers: number[];
  readonly problems: RowProblem[];
}

interface Gathered extends Gathering {
  readonly format: TextFormat;
  readonly columns: readonly string[];
}

interface JsonGathering extends Gathering {
  readonly columns: Set<string>;
  values: number;
}

/** Formats that are text; Parquet has a reader of its own. */
type TextFormat = Exclude<Table["format"], "parquet">;

const READERS: Readonly<Record<TextFormat, (name: string, body: string) => Gathered>> = {
  jsonl: readJsonLines,
  json: readJson,
  csv: (name, body) => ({ format: "csv", ...readRecords(name, body, csvDelimiter(body), '"') }),
  // TSV has no quoting: with it, one stray quote in GLUE's files swallows every row that follows.
  tsv: (name, body) => ({ format: "tsv", ...readRecords(name, body, "\t", "\0") }),
};

// One kind of line end, also inside quoted fields, as Python's text files have it; otherwise the
// rows of a file with mixed ends run together.
function normalLineEnds(text: string): string {
  return text.includes("\r") ? text.replace(/\r\n?/g, "\n") : text;
}

/** The format of `body`; `name` decides only if the content is ambiguous. */
function guessFormat(name: string, body: string): TextFormat {
  const extension = /\.([^./]+)$/.exec(name.toLowerCase())?.[1] ?? "";
  const start = body.trimStart();
  const firstLine = start.slice(0, endOfLine(start));
  if (/^\[\s*[[{\]]/.test(start)) return "json";
  if (/^\{\s*["}]/.test(start)) {
    const first = firstObject(start);
    if (first !== null && start.slice(first.length).trim() === "") return "json";
    if (isMultiline(first)) return "jsonl";
    // A broken text that is called JSON is explained as JSON.
    return extension === "json" && findJsonFault(firstLine) !== null ? "json" : "jsonl";
  }
  if (extension === "jsonl" || extension === "ndjson") return "jsonl";
  if (extension === "json") return "json";
  if (extension === "tsv" || extension === "tab") return "tsv";
  return firstLine.includes("\t") && !firstLine.includes(",") ? "tsv" : "csv";
}

/** Whether the first object of a text is JSON over several lines: then a line is no row. */
function isMultiline(first: string | null): boolean {
  return first?.includes("\n") === true && findJsonFault(first) === null;
}

function endOfLine(text: string): number {
  const end = text.indexOf("\n");
  return end < 0 ? text.length : end;
}

// In many locales spreadsheets write semicolons. The header decides, because any text may contain commas.
function csvDelimiter(body: string): "," | ";" {
  const header = body.trimStart().split("\n", 1)[0] ?? "";
  const bare = header.replace(/"[^"]*"/g, "");
  return bare.includes(";") && !bare.includes(",") ? ";" : ",";
}

function readJsonLines(name: string, body: string): Gathered {
  const isByLine = !isMultiline(firstObject(body));
  const texts = isByLine ? body.split("\n") : [...objectsIn(body)];
  refuseManyRows(name, texts.length - (texts.at(-1) === "" ? 1 : 0));
  const gathering = jsonGathering();
  for (const [index, text] of texts.entries()) {
    if (text.trim() === "") continue;
    const number = index + 1;
    const parsed = parseJson(text);
    if ("fault" in parsed) {
      refuse(gathering, number, `is not valid JSON: ${parsed.fault(!isByLine)}`);
    } else takeJson(name, gathering, number, parsed.value);
  }
  return { ...gathering, format: "jsonl", columns: [...gathering.columns] };
}

function readJson(name: string, body: string): Gathered {
  const parsed = parseJson(body);
  if ("fault" in parsed) {
    throw unreadable(
      `${quote(name)} is not valid JSON: ${parsed.fault(true)}.`,
      "Correct it there.",
      "E-DATA-8",
    );
  }
  const { value } = parsed;
  const rows = isJsonObject(value) ? rowsInObject(value) : value;
  const isOneRow = rows === null && !body.trim().includes("\n");
  if (!Array.isArray(rows) && !isOneRow) {
    throw unreadable(
      `${quote(name)} holds ${describeJson(value)}, not a list of rows.`,
      'Write [{"text": …, "label": …}, …], or one such object a line as JSONL.',
      "E-DATA-8",
    );
  }
  const values: readonly unknown[] = Array.isArray(rows) ? rows : [value];
  refuseManyRows(name, values.length);
  const gathering = jsonGathering();
  for (const [index, row] of values.entries()) takeJson(name, gathering, index + 1, row);
  return { ...gathering, format: isOneRow ? "jsonl" : "json", columns: [...gathering.columns] };
}

type ParsedJson = { readonly value: unknown } | { fault(withLine: boolean): string };

function parseJson(text: string): ParsedJson {
  try {
    const value: unknown = JSON.parse(text);
    return { value };
  } catch (error) {
    return { fault: (withLine) => describeFault(text, withLine, String(error)) };
  }
}

/** What was expected, at which column (and line), and a few characters around it. */
function describeFault(text: string, withLine: boolean, otherwise: string): string {
  const fault = findJsonFault(text);
  if (fault === null) return otherwise; // JSON by the grammar, yet refused: nested too deep.
  const at = fault.column - 1;
  const lineStart = text.lastIndexOf("\n", at - 1) + 1;
  const line = text.slice(0, lineStart).split("\n").length;
  const place = `${withLine ? `line ${line}, ` : ""}column ${at - lineStart + 1}`;
  const lineEnd = lineStart + endOfLine(text.slice(lineStart, at + 40));
  const near = text.slice(Math.max(lineStart, at - 30), Math.min(lineEnd, at + 20));
  return `expected ${fault.expected} at ${place}${near.trim() === "" ? "" : `, near ${near.trim()}`}`;
}

/** Records of delimited text; the first that is not blank names the columns. */
function readRecords(
  name: string,
  body: string,
  delimiter: string,
  quoteChar: string,
): Omit<Gathered, "format"> {
  // One blank line at the end is every text file's last line end, not a record.
  const text = body.endsWith("\n") ? body.slice(0, -1) : body;
  const result = Papa.parse<string[]>(text, { delimiter, quoteChar, newline: "\n" });
  const records = result.data;
  const headerAt = records.findIndex((record) => !isBlank(record));
  const header = records[headerAt] ?? [];
  refuseManyColumns(name, header.length);
  const columns = columnNames(header);
  const rows = records.length - headerAt - 1;
  refuseManyRows(name, rows);
  refuseManyValues(name, rows * header.length);
  const faults = new Map<number, string>();
  for (const error of result.errors) {
    if (error.type === "Quotes" && error.row !== undefined) faults.set(error.row, error.code);
  }
  const gathering = emptyGathering();
  for (let at = headerAt + 1; at < records.length; at++) {
    const record = records[at] ?? [];
    const fault = recordFault(record, columns.length, faults.get(at));
    if (fault !== null) refuse(gathering, at - headerAt, fault);
    else if (!isBlank(record)) {
      take(
        gathering,
        at - headerAt,
        Object.fromEntries(record.map((value, i) => [columns[i], value])),
      );
    }
  }
  return { columns, ...gathering };
}

function isBlank(record: readonly string[]): boolean {
  return record.length <= 1 && (record[0] ?? "").trim() === "";
}

function recordFault(
  record: readonly string[],
  width: number,
  quoteFault: string | undefined,
): string | null {
  if (quoteFault === "MissingQuotes") {
    const lines = record.join("").split("\n").length;
    return `opens a quote that never closes, so ${plural(lines, "line")} up to the end were read as one row`;
  }
  if (quoteFault !== undefined) {
    return 'has a quote inside a quoted field; write it twice ("")';
  }
  if (isBlank(record) || record.length === width) return null;
  return `has ${plural(record.length, "field")}, the header has ${width}`;
}

// pandas writes its index under an empty name; a name used twice would hide a column.
function columnNames(header: readonly string[]): readonly string[] {
  const names = new Set<string>();
  // Where to go on counting: the copies below are taken, and trying them all again is cubic.
  const nextCopy = new Map<string, number>();
  for (const [index, cell] of header.entries()) {
    const base = cell.trim() === "" ? `column ${index + 1}` : cell.trim();
    let name = base;
    let copy = nextCopy.get(base) ?? 2;
    for (; names.has(name); copy++) name = `${base} (${copy})`;
    nextCopy.set(base, copy);
    names.add(name);
  }
  return [...names];
}

function emptyGathering(): Gathering {
  return { rows: [], rowNumbers: [], problems: [] };
}

function take(into: Gathering, number: number, row: Row): void {
  into.rows.push(row);
  into.rowNumbers.push(number);
}

function jsonGathering(): JsonGathering {
  return { columns: new Set(), values: 0, ...emptyGathering() };
}

/** Adds a row and its columns, in the order of the file. */
function takeJson(name: string, into: JsonGathering, number: number, value: unknown): void {
  if (!isJsonObject(value)) {
    refuse(into, number, `is ${describeJson(value)}, not an object with columns`);
    return;
  }
  if (isNestedDeep(value)) {
    refuse(into, number, `has values nested more than ${MAX_JSON_DEPTH} deep`);
    return;
  }
  const columns = Object.keys(value);
  for (const column of columns) into.columns.add(column);
  refuseManyColumns(name, into.columns.size, number);
  into.values += columns.length;
  refuseManyValues(name, into.values);
  take(into, number, value);
}

function refuse(into: Gathering, row: number, what: string): void {
  into.problems.push({ row, code: "E-DATA-1", message: `Row ${row} ${what}.` });
}

function nothingRead(name: string, problems: readonly RowProblem[]): ZerothError {
  const first = problems[0];
  if (first === undefined) {
    return unreadable(
      `${quote(name)} has no rows.`,
      "A CSV or TSV needs a header and rows below it.",
    );
  }
  return unreadable(
    `None of the ${plural(problems.length, "row")} of ${quote(name)} could be read. ${first.message}`,
    "Choose JSONL, a JSON array, CSV or TSV.",
  );
}

function unreadable(fact: string, advice: string, code: ErrorCode = "E-DATA-1"): ZerothError {
  return new ZerothError(code, `${fact} ${advice}`);
}
