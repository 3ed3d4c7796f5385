import { ZerothError } from "#base/errors.ts";
import { count, quote } from "#base/text.ts";

/**
 * Bytes [start, end) of `file`, always exactly that many.
 *
 * A `ByteSource` may end early (the file changed on disk) or throw any error of its platform;
 * here both become a ZerothError.
 *
 * @throws ZerothError E-FILE-2 if the range lies outside the file or cannot be read
 */
export async function readExactly(
  file: ByteSource,
  start: number,
  end: number,
): Promise<Uint8Array<ArrayBuffer>> {
  if (!isRange(start, end, file.sizeBytes)) {
    throw new ZerothError(
      "E-FILE-2",
      `${quote(file.name)} has ${count(file.sizeBytes)} bytes, but bytes ${count(start)} to ` +
        `${count(end)} are needed. It is probably cut short; download it again.`,
    );
  }
  const bytes = await readOrExplain(file, start, end);
  if (bytes.length !== end - start) {
    throw new ZerothError(
      "E-FILE-2",
      `${quote(file.name)} gave ${count(bytes.length)} of ${count(end - start)} bytes. ` +
        `It may have changed since it was chosen; choose it again.`,
    );
  }
  return bytes;
}

/**
 * The whole of a small text file.
 *
 * @throws ZerothError E-FILE-1 if it is larger than `limitBytes`, E-FILE-3 if it is not UTF-8
 */
export async function readSmallText(file: ByteSource, limitBytes: number): Promise<string> {
  if (file.sizeBytes > limitBytes) {
    throw new ZerothError(
      "E-FILE-1",
      `${quote(file.name)} has ${count(file.sizeBytes)} bytes; at most ${count(limitBytes)} are ` +
        `expected of such a file. Choose the one that belongs to the model.`,
    );
  }
  const text = decodeUtf8(await readExactly(file, 0, file.sizeBytes));
  if (text === undefined) {
    throw new ZerothError(
      "E-FILE-3",
      `${quote(file.name)} is not UTF-8 text. Download it again from the model's page.`,
    );
  }
  return text;
}

/** Decodes UTF-8; undefined if the bytes are not UTF-8. A leading byte order mark is dropped. */
export function decodeUtf8(bytes: Uint8Array<ArrayBuffer>): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Whether [start, end) is a range of whole bytes inside `sizeBytes`. */
export function isRange(start: number, end: number, sizeBytes: number): boolean {
  return (
    Number.isSafeInteger(start) &&
    Number.isSafeInteger(end) &&
    start >= 0 &&
    start <= end &&
    end <= sizeBytes
  );
}

async function readOrExplain(file: ByteSource, start: number, end: number) {
  try {
    return await file.read(start, end);
  } catch (cause) {
    if (cause instanceof ZerothError) throw cause;
    throw new ZerothError(
      "E-FILE-2",
      `${quote(file.name)} could not be read (${cause instanceof Error ? cause.message : "no reason given"}). ` +
        `It may have been moved or changed; choose it again.`,
      { cause },
    );
  }
}

/**
 * A file that can be read in pieces. The page wraps a `File`, Node a file handle; nothing in the
 * engine ever holds a whole checkpoint in one ArrayBuffer.
 */
export interface ByteSource {
  /** Path inside the chosen folder, with `/` between parts: `model-00001-of-00002.safetensors`. */
  readonly name: string;
  readonly sizeBytes: number;
  /** The bytes from `start` up to but not including `end`; always exactly that many, or it throws. */
  read(start: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** A `ByteSource` over a `Blob` or `File`. */
export function blobSource(name: string, blob: Blob): ByteSource {
  return {
    name,
    sizeBytes: blob.size,
    read: async (start, end) => new Uint8Array(await blob.slice(start, end).arrayBuffer()),
  };
}

/** A `ByteSource` over bytes that are in memory anyway (small files, tests). */
export function memorySource(name: string, bytes: Uint8Array<ArrayBuffer>): ByteSource {
  return {
    name,
    sizeBytes: bytes.length,
    read: (start, end) => Promise.resolve(bytes.slice(start, end)),
  };
}
