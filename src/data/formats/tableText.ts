import { ZerothError } from "#base/errors.ts";
import { count } from "#base/quote.ts";
import type { ByteSource } from "./byteSource.ts";
import { readExactly } from "./byteSource.ts";

/** Longest text read, in characters (200 MB where they are ASCII): one string must hold it. */
const MAX_CHARACTERS = 200_000_000;
const LIMIT = `${count(MAX_CHARACTERS)} characters`;
/** No character of UTF-8 takes more than three bytes for each place it takes in a string. */
const MAX_BYTES = 3 * MAX_CHARACTERS;
const PIECE_BYTES = 16 * 2 ** 20;

/**
 * The text of a table's file, without its byte order mark. It is decoded piece by piece, so that a
 * file of other text, or of too much, is refused before the whole of it is held.
 *
 * @throws ZerothError E-DATA-1 if it is not UTF-8 or too long, E-FILE-2 if it cannot be read
 */
export async function readTableText(file: ByteSource): Promise<string> {
  const { name, sizeBytes } = file;
  if (sizeBytes > MAX_BYTES) throw tooLong(name, `${count(sizeBytes)} bytes`);
  const decoder = new TextDecoder("utf-8", { fatal: true });
  let text = "";
  for (let start = 0; start < sizeBytes; start += PIECE_BYTES) {
    const end = Math.min(start + PIECE_BYTES, sizeBytes);
    const piece = decodePiece(decoder, await readExactly(file, start, end), end === sizeBytes);
    // Replacement characters would be trained on in silence: the ö of Windows-1252 would be one.
    if (piece === undefined) throw notUtf8(name);
    text += piece;
    if (text.length > MAX_CHARACTERS) throw tooLong(name, `more than ${LIMIT}`);
  }
  return text;
}

/** @throws ZerothError E-DATA-1 if it is longer than one string may be held for a table */
export function refuseLongText(name: string, text: string): void {
  if (text.length > MAX_CHARACTERS) throw tooLong(name, `${count(text.length)} characters`);
}

/** For files of other text (Windows-1252, UTF-16) and of none. */
export function notUtf8(name: string): ZerothError {
  return new ZerothError(
    "E-DATA-1",
    `${name} is not UTF-8 text, so none of its rows were read. Save it as JSONL, JSON, CSV or TSV ` +
      `in UTF-8 ("CSV UTF-8" in Excel) and choose it again.`,
  );
}

function decodePiece(
  decoder: TextDecoder,
  bytes: Uint8Array<ArrayBuffer>,
  isLast: boolean,
): string | undefined {
  try {
    return decoder.decode(bytes, { stream: !isLast });
  } catch {
    return undefined;
  }
}

function tooLong(name: string, size: string): ZerothError {
  return new ZerothError(
    "E-DATA-1",
    `${name} has ${size}; at most ${LIMIT} are read. Take a part.`,
  );
}

/** Guessing a task looks at every column of every row, and again at each report. */
const MAX_COLUMNS = 1_000;

/**
 * Rows keyed by their ids, as some tools write them, make a column of every row.
 *
 * @param rows the rows they were met in, where they are looked for row by row
 * @throws ZerothError E-DATA-1 if there are more columns than a table may have
 */
export function refuseManyColumns(name: string, columns: number, rows?: number): void {
  if (columns <= MAX_COLUMNS) return;
  const where = rows === undefined ? "" : ` up to row ${count(rows)}`;
  throw new ZerothError(
    "E-DATA-1",
    `${name} has ${count(columns)} columns${where}; at most ${count(MAX_COLUMNS)} are read. ` +
      `Is each row keyed by its id? Give all rows the same columns.`,
  );
}
