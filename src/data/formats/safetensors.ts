import { ZerothError } from "#base/errors.ts";
import { readAs, z } from "#base/schema.ts";
import { count, quote } from "#base/text.ts";
import { type ByteSource, decodeUtf8, readExactly } from "./byteSource.ts";
import { findDuplicateKey, isJsonObject, type JsonObject } from "./json.ts";
import { notA, sniff } from "./sniff.ts";
import {
  BYTES_PER_ELEMENT,
  elementsOf,
  type StoredDType,
  type TensorPlace,
  type TensorSource,
} from "./tensorSource.ts";

/** Tighter than the format's own 100 MB: OPT-66B's header has less than 200 kB. */
const MAX_HEADER_BYTES = 4_000_000;
const MAX_TENSORS = 10_000;
const MAX_RANK = 8;

/**
 * The tensors of a safetensors file, in the order of their bytes. Reads the header only.
 *
 * As strict as the reference implementation: the tensors must fill the file without hole or
 * overlap, so nothing can be hidden between or after them.
 *
 * @throws ZerothError E-FILE-1 not safetensors, -2 cut short, -3 header broken, -4 foreign dtype
 * @see safetensors, safetensors/src/tensor.rs, SafeTensors::read_metadata
 */
export async function readSafetensors(file: ByteSource): Promise<TensorPlace[]> {
  const { header, dataStart } = await readHeader(file);
  const entries = Object.entries(header).filter(([name]) => name !== "__metadata__");
  if (entries.length > MAX_TENSORS) {
    throw broken(
      file,
      `lists ${count(entries.length)} tensors; at most ${count(MAX_TENSORS)} are read`,
    );
  }
  const placed = entries.map(([name, info]) => parseEntry(file, name, info));
  placed.sort((a, b) => a.start - b.start || a.end - b.end);
  checkLayout(file, placed, file.sizeBytes - dataStart);
  return placed.map(({ name, dtype, shape, start }) => ({
    name,
    dtype,
    shape,
    offset: dataStart + start,
  }));
}

/**
 * The bytes that stand before the tensors of a safetensors file: length, JSON, padding to 8. The
 * tensors must follow in the order given, row-major, little-endian, with nothing between them.
 *
 * @throws ZerothError E-FILE-3 if two tensors have one name
 */
export function safetensorsHeader(
  tensors: readonly Pick<TensorSource, "name" | "dtype" | "shape">[],
): Uint8Array<ArrayBuffer> {
  // Older transformers refuse a file whose metadata does not name the framework.
  const header = new Map<string, unknown>([["__metadata__", { format: "pt" }]]);
  let offset = 0;
  for (const { name, dtype, shape } of tensors) {
    if (header.has(name)) {
      throw new ZerothError(
        "E-FILE-3",
        `Two tensors are called ${quote(name)}; names must differ.`,
      );
    }
    const end = offset + elementsOf(shape) * BYTES_PER_ELEMENT[dtype];
    header.set(name, { dtype, shape, data_offsets: [offset, end] });
    offset = end;
  }
  const json = new TextEncoder().encode(JSON.stringify(Object.fromEntries(header)));
  const bytes = new Uint8Array(8 + Math.ceil(json.length / 8) * 8).fill(0x20, 8);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(bytes.length - 8), true);
  bytes.set(json, 8);
  return bytes;
}

interface PlacedTensor {
  readonly name: string;
  readonly dtype: StoredDType;
  readonly shape: readonly number[];
  /** Bytes after the header. */
  readonly start: number;
  readonly end: number;
}

async function readHeader(file: ByteSource): Promise<{ header: JsonObject; dataStart: number }> {
  const kind = await sniff(file);
  if (kind !== "safetensors") throw notA("a safetensors file", file, kind);
  const lengthBytes = await readExactly(file, 0, 8);
  // sniff() has checked that the length is at most 100 MB, so it is a safe integer.
  const headerBytes = Number(new DataView(lengthBytes.buffer).getBigUint64(0, true));
  if (headerBytes > MAX_HEADER_BYTES) {
    throw broken(
      file,
      `has a header of ${count(headerBytes)} bytes; at most ${count(MAX_HEADER_BYTES)} are read`,
    );
  }
  const dataStart = 8 + headerBytes;
  if (dataStart > file.sizeBytes) throw cutShort(file, dataStart, "at least ");
  const text = decodeUtf8(await readExactly(file, 8, dataStart));
  if (text === undefined) throw broken(file, "has a header that is not UTF-8 text");
  return { header: parseHeader(file, text), dataStart };
}

function parseHeader(file: ByteSource, text: string): JsonObject {
  let header: unknown;
  try {
    header = JSON.parse(text);
  } catch {
    throw broken(file, "has a header that is not JSON");
  }
  if (!isJsonObject(header)) throw broken(file, "has a header that is not an object");
  const duplicate = findDuplicateKey(text);
  if (duplicate !== undefined) throw broken(file, `names ${quote(duplicate)} twice in its header`);
  const { __metadata__: metadata = {} } = header;
  readAs(metadataSchema, metadata, (flaw) => broken(file, `has bad "__metadata__" (${flaw})`));
  return header;
}

function parseEntry(file: ByteSource, name: string, info: unknown): PlacedTensor {
  const { dtype, shape, data_offsets } = readAs(tensorSchema, info, (flaw) =>
    broken(file, `has a bad entry for tensor ${quote(name)} (${flaw})`),
  );
  if (!isStoredDType(dtype)) throw foreignDType(file, name, dtype);
  const [start, end] = data_offsets;
  const sizeBytes = elementsOf(shape) * BYTES_PER_ELEMENT[dtype];
  if (end - start !== sizeBytes) {
    throw broken(
      file,
      `gives ${quote(name)} ${count(end - start)} bytes; ${dtype} [${shape}] needs ${count(sizeBytes)}`,
    );
  }
  return { name, dtype, shape, start, end };
}

function checkLayout(file: ByteSource, placed: readonly PlacedTensor[], dataBytes: number): void {
  let expected = 0;
  for (const { name, start, end } of placed) {
    if (start !== expected) {
      const flaw = start > expected ? "leaves a hole before" : "overlaps another tensor with";
      throw broken(
        file,
        `${flaw} ${quote(name)} (byte ${count(start)}, expected ${count(expected)})`,
      );
    }
    expected = end;
  }
  if (expected > dataBytes) throw cutShort(file, file.sizeBytes - dataBytes + expected, "");
  if (expected < dataBytes) {
    throw broken(file, `has ${count(dataBytes - expected)} bytes after its last tensor`);
  }
}

const size = z.int({ error: "a whole number" }).min(0);
const metadataSchema = z.record(z.string(), z.string());
const tensorSchema = z.object({
  dtype: z.string(),
  shape: z.array(size, { error: `a list of at most ${MAX_RANK} sizes` }).max(MAX_RANK),
  data_offsets: z.tuple([size, size], { error: "a list of where its bytes begin and end" }),
});

function isStoredDType(value: string): value is StoredDType {
  return Object.hasOwn(BYTES_PER_ELEMENT, value);
}

function foreignDType(file: ByteSource, name: string, dtype: string): ZerothError {
  return new ZerothError(
    "E-FILE-4",
    `Tensor ${quote(name)} in ${quote(file.name)} has dtype ${quote(dtype)}; F64, F32, F16 and ` +
      `BF16 can be read. Choose an unquantised copy of the model.`,
  );
}

function cutShort(file: ByteSource, neededBytes: number, atLeast: string): ZerothError {
  return new ZerothError(
    "E-FILE-2",
    `${quote(file.name)} is cut short: ${count(file.sizeBytes)} of ${atLeast}${count(neededBytes)} ` +
      `bytes. The download was probably interrupted; download it again.`,
  );
}

function broken(file: ByteSource, flaw: string): ZerothError {
  return new ZerothError(
    "E-FILE-3",
    `${quote(file.name)} ${flaw}. The file is damaged; download it again.`,
  );
}
