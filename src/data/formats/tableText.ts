import { ZerothError } from "#base/errors.ts";
import { count, quote } from "#base/text.ts";
import { type ByteSource, readExactly } from "./byteSource.ts";
import { MAX_CHARACTERS, tooMuch } from "./tableLimits.ts";

/** No character takes more than three bytes of UTF-8 for each place it takes in a string. */
const MAX_BYTES = 3 * MAX_CHARACTERS;
const PIECE_BYTES = 16 * 2 ** 20;

/** Text encodings that are read: UTF-8, and UTF-16 where a byte order mark says so. */
type Encoding = "utf-8" | "utf-16le" | "utf-16be";

/**
 * The text of a table file, without its byte order mark. It is decoded piece by piece, so that a file in another
 * encoding, or one that is too long, is refused before the whole of it is held.
 *
 * @throws ZerothError E-DATA-8 if it is neither UTF-8 nor marked as UTF-16, -9 if it is too long; E-FILE-2 if it cannot be read
 */
export async function readTableText(file: ByteSource): Promise<string> {
  const { name, sizeBytes } = file;
  if (sizeBytes > MAX_BYTES) {
    throw tooMuch(name, `${count(sizeBytes)} bytes`, `${count(MAX_CHARACTERS)} characters`);
  }
  const encoding = encodingOf(await readExactly(file, 0, Math.min(2, sizeBytes)));
  const decoder = new TextDecoder(encoding, { fatal: true });
  let text = "";
  for (let start = 0; start < sizeBytes; start += PIECE_BYTES) {
    const end = Math.min(start + PIECE_BYTES, sizeBytes);
    const piece = decodePiece(decoder, await readExactly(file, start, end), end === sizeBytes);
    // Replacement characters would be trained on unnoticed: the ö of Windows-1252 would be one.
    if (piece === undefined) throw notText(name, encoding);
    text += piece;
    if (text.length > MAX_CHARACTERS) {
      throw tooMuch(name, `more than ${count(MAX_CHARACTERS)} characters`, "that many");
    }
  }
  return text;
}

/** For files in another encoding (Windows-1252, UTF-16 without a mark) and for files that are no text. */
export function notText(name: string, encoding: Encoding = "utf-8"): ZerothError {
  const claimed = encoding === "utf-8" ? "is not UTF-8 text" : "begins like UTF-16 text but is not";
  return new ZerothError(
    "E-DATA-8",
    `${quote(name)} ${claimed}, so none of its rows were read. Save it as JSONL, JSON, CSV or TSV ` +
      `in UTF-8 ("CSV UTF-8" in Excel) and choose it again.`,
  );
}

/** Excel's "Unicode text" and PowerShell's redirection are UTF-16 with a mark. */
function encodingOf([first, second]: Uint8Array): Encoding {
  if (first === 0xff && second === 0xfe) return "utf-16le";
  return first === 0xfe && second === 0xff ? "utf-16be" : "utf-8";
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
