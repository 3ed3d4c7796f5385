import { gunzipSync } from "fflate";
import { decompress as unzstd } from "fzstd";
import {
  type DecodedArray,
  type Encoding,
  type PageHeader,
  type ParquetParsers,
  snappyUncompress,
} from "hyparquet";
import { parquetHeader, readPage } from "hyparquet/src/column.js";
import { convert, DEFAULT_PARSERS } from "hyparquet/src/convert.js";
import { readRleBitPackedHybrid } from "hyparquet/src/encoding.js";
import { isFlatColumn } from "hyparquet/src/schema.js";
import { count } from "#base/text.ts";
import { parseBoundedJson } from "./json.ts";
import {
  MAX_UNPACKED_BYTES,
  type ParquetChunk,
  type ParquetColumn,
  unpacksTo,
  whole,
} from "./parquetFooter.ts";
import { checkDelta, checkHybrid, readLengths } from "./parquetRuns.ts";
import { checkThrift } from "./thrift.ts";

/** A page has about 1 MB; one that claims much more is broken or hostile. */
export const MAX_PAGE_BYTES = 256_000_000;
/** Reading a decimal takes quadratic time. */
const MAX_DECIMAL_BYTES = 256;

/** Bytes that the pages of a file may unpack to together. */
export interface UnpackLimit {
  spend(bytes: number): void;
}

/**
 * Compression takes text to a third, and columns that hardly change to a thousandth: a small file that unpacks to
 * more is made to.
 *
 * @throws (from `spend`) ZerothError E-DATA-9
 */
export function unpackLimit(name: string, fileBytes: number): UnpackLimit {
  const limit = Math.min(MAX_UNPACKED_BYTES, 64_000_000 + 100 * fileBytes);
  let spent = 0;
  return {
    spend: (bytes) => {
      spent += bytes;
      if (spent <= limit) return;
      if (limit === MAX_UNPACKED_BYTES) throw unpacksTo(name, "more than 1 GB");
      throw new Error(`its ${count(fileBytes)} bytes unpack to more than ${count(limit)}`);
    },
  };
}

/**
 * The values of one column of a row group, in the pieces its pages come in. hyparquet decodes them; every length
 * that it would allocate or repeat by is checked before.
 *
 * @throws Error if the pages contradict themselves or their chunk
 * @see hyparquet, src/column.js, readColumn
 */
export function readChunk(
  chunk: ParquetChunk,
  bytes: Uint8Array,
  limit: UnpackLimit,
): DecodedArray[] {
  const { column, rows } = chunk;
  const { schemaPath } = column;
  const element = schemaPath.at(-1)!.element;
  const { type } = element;
  if (type === undefined) throw new Error(`${column.name} has no type`);
  const decoder: Parameters<typeof readPage>[2] = {
    pathInSchema: [...column.path],
    type,
    element,
    schemaPath,
    codec: "UNCOMPRESSED",
    parsers,
  };
  const isFlat = isFlatColumn(schemaPath);
  const view = viewOf(bytes);
  const reader = { view, offset: 0 };
  const pieces: DecodedArray[] = [];
  let dictionary: DecodedArray | undefined;
  let last: DecodedArray | undefined;
  let rowsRead = 0;
  let values = 0;
  // The last byte alone is no header.
  while (reader.offset < view.byteLength - 1 && !(isFlat && rowsRead >= rows)) {
    checkThrift(view, reader.offset);
    const header = parquetHeader(reader);
    values += checkHeader(header, chunk);
    if (values > chunk.values) {
      throw new Error(`the pages of ${column.name} have more values than it claims to have`);
    }
    const size = header.compressed_page_size;
    if (size > view.byteLength - reader.offset)
      throw new Error(`a page of ${column.name} is cut short`);
    const packed = bytes.subarray(reader.offset, reader.offset + size);
    reader.offset += size;
    limit.spend(header.uncompressed_page_size);
    const plain = unpackPage(header, packed, chunk);
    checkValues(plain, chunk, limit);
    const page = { view: viewOf(plain.bytes), offset: 0 };
    const { data } = readPage(page, plain.header, decoder, dictionary, last, 0);
    if (header.type === "DICTIONARY_PAGE") {
      if (data) dictionary = convert(data, decoder);
    } else if (data && data === last) {
      rowsRead = pieces.reduce((sum, { length }) => sum + length, 0);
    } else if (data && data.length > 0) {
      pieces.push(data);
      rowsRead += data.length;
      last = data;
    }
  }
  return pieces;
}

/**
 * Unpackers by their name in Parquet. All of them write into a buffer of the size that the page claims, which
 * bounds what a small page can grow to.
 */
export const parquetCodecs = {
  SNAPPY: (input: Uint8Array, size: number): Uint8Array => {
    const output = bufferFor(size);
    checkSnappy(input, size);
    snappyUncompress(input, output);
    return output;
  },
  GZIP: (input: Uint8Array, size: number) => gunzipSync(input, { out: bufferFor(size) }),
  ZSTD: (input: Uint8Array, size: number) => unzstd(input, bufferFor(size)),
};

/**
 * hyparquet reads lengths of four bytes as signed: a negative one would make it read the same bytes again, for
 * seconds or without end.
 *
 * @throws Error unless the page's parts unpack to at most `size` bytes
 * @see github.com/google/snappy, format_description.txt
 */
function checkSnappy(input: Uint8Array, size: number): void {
  const numberAt = (at: number, bytes: number) => {
    let value = 0;
    for (let i = 0; i < bytes; i++) value += (input[at + i] ?? 0) * 2 ** (8 * i);
    return value;
  };
  let at = input.findIndex((byte) => byte < 128) + 1;
  let unpacked = 0;
  while (at < input.length) {
    const tag = input[at++] ?? 0;
    const kind = tag & 3;
    if (kind === 0) {
      const lengthBytes = Math.max(0, (tag >>> 2) - 59);
      const length = 1 + (lengthBytes > 0 ? numberAt(at, lengthBytes) : tag >>> 2);
      at += lengthBytes + length;
      unpacked += length;
    } else {
      const offsetBytes = kind === 3 ? 4 : kind;
      if (kind === 3 && numberAt(at, 4) > unpacked) {
        throw new Error("a page repeats bytes from before its beginning");
      }
      at += offsetBytes;
      unpacked += kind === 1 ? ((tag >>> 2) & 7) + 4 : (tag >>> 2) + 1;
    }
    if (unpacked > size) {
      throw new Error(`a page unpacks to more than the ${count(size)} bytes it claims`);
    }
  }
}

function isKnownCodec(name: string): name is keyof typeof parquetCodecs {
  return Object.hasOwn(parquetCodecs, name);
}

function bufferFor(size: number): Uint8Array<ArrayBuffer> {
  if (size <= MAX_PAGE_BYTES) return new Uint8Array(size);
  throw new RangeError(`a page claims to have ${count(size)} bytes`);
}

/** As hyparquet's own, but for JSON, whose nesting is bounded. */
export const parsers: ParquetParsers = {
  ...DEFAULT_PARSERS,
  jsonFromBytes: (bytes) => bytes && parseBoundedJson(new TextDecoder().decode(bytes)),
};

/** The number of values on a page. A dictionary has none of its own: it is bounded by its bytes. */
function checkHeader(header: PageHeader, { column, rows }: ParquetChunk): number {
  const of = `of a page of ${column.name}`;
  const packedBytes = whole(header.compressed_page_size, `the packed size ${of}`);
  const size = whole(header.uncompressed_page_size, `the size ${of}`);
  if (size > MAX_PAGE_BYTES) throw new Error(`a page claims to have ${count(size)} bytes`);
  const { data_page_header: v1, data_page_header_v2: v2, dictionary_page_header: words } = header;
  switch (header.type) {
    case "DATA_PAGE":
      return whole(v1?.num_values, `the number of values ${of}`);
    case "DATA_PAGE_V2": {
      // The reader subtracts these from each other to get lengths.
      const values = whole(v2?.num_values, `the number of values ${of}`);
      const nulls = whole(v2?.num_nulls, `the number of nulls ${of}`);
      const pageRows = whole(v2?.num_rows, `the number of rows ${of}`);
      const levelBytes =
        whole(v2?.definition_levels_byte_length, `the size of levels ${of}`) +
        whole(v2?.repetition_levels_byte_length, `the size of levels ${of}`);
      const room = Math.min(packedBytes, size);
      if (nulls <= values && pageRows <= rows && levelBytes <= room) return values;
      throw new Error(`a page of ${column.name} contradicts itself`);
    }
    case "DICTIONARY_PAGE":
      // Only true and false take less than a byte each, and nobody makes a dictionary of them.
      if (whole(words?.num_values, `the number of values ${of}`) <= size) return 0;
      throw new Error(`a dictionary of ${column.name} has more entries than bytes`);
    default:
      return 0; // The reader refuses pages of another type by name.
  }
}

/** A page whose bytes are unpacked, with a header that says so. */
interface PlainPage {
  readonly header: PageHeader;
  readonly bytes: Uint8Array;
}

function unpackPage(
  header: PageHeader,
  packed: Uint8Array,
  { codec, column }: ParquetChunk,
): PlainPage {
  const { data_page_header_v2: v2, uncompressed_page_size: size } = header;
  const levels =
    header.type === "DATA_PAGE_V2" && v2
      ? v2.definition_levels_byte_length + v2.repetition_levels_byte_length
      : 0;
  const isPacked = codec !== "UNCOMPRESSED" && v2?.is_compressed !== false;
  if (!isPacked)
    return { header: { ...header, compressed_page_size: packed.length }, bytes: packed };
  if (!isKnownCodec(codec)) throw new Error(`unsupported compression ${codec}`);
  const values = parquetCodecs[codec](packed.subarray(levels), size - levels);
  if (values.length !== size - levels) {
    throw new Error(
      `a page of ${column.name} unpacks to ${values.length + levels} bytes, not ${size}`,
    );
  }
  const plain = { ...header, compressed_page_size: size };
  if (!v2) return { header: plain, bytes: values };
  const bytes = new Uint8Array(size);
  bytes.set(packed.subarray(0, levels));
  bytes.set(values, levels);
  return { header: { ...plain, data_page_header_v2: { ...v2, is_compressed: false } }, bytes };
}

/** Checks every length in a page that decoding allocates, repeats or copies by. */
function checkValues({ header, bytes }: PlainPage, chunk: ParquetChunk, limit: UnpackLimit): void {
  const { column } = chunk;
  const view = viewOf(bytes);
  const { data_page_header: v1, data_page_header_v2: v2, dictionary_page_header: words } = header;
  if (header.type === "DICTIONARY_PAGE" && words) {
    checkPlain(view, 0, words.num_values, column);
  } else if (header.type === "DATA_PAGE" && v1) {
    const values = v1.num_values;
    let at = 0;
    let present = values;
    const level = (max: number) => {
      const end = at + 4 + view.getUint32(at, true);
      if (end > view.byteLength) throw new Error(`the levels of a page of ${column.name} leave it`);
      const found = levelsAtMost(view, at + 4, end, max, values);
      at = end;
      return found;
    };
    if (column.maxRepetitionLevel > 0) level(column.maxRepetitionLevel);
    if (column.maxDefinitionLevel > 0) present = level(column.maxDefinitionLevel);
    checkEncoded(view, at, present, v1.encoding, chunk, limit);
  } else if (header.type === "DATA_PAGE_V2" && v2) {
    const values = v2.num_values;
    const repetition = v2.repetition_levels_byte_length;
    const levels = repetition + v2.definition_levels_byte_length;
    if (column.maxRepetitionLevel > 0) {
      levelsAtMost(view, 0, repetition, column.maxRepetitionLevel, values);
    }
    if (column.maxDefinitionLevel > 0) {
      levelsAtMost(view, repetition, levels, column.maxDefinitionLevel, values);
    }
    const page = new DataView(view.buffer, view.byteOffset + levels, view.byteLength - levels);
    checkEncoded(page, 0, values - v2.num_nulls, v2.encoding, chunk, limit);
  }
}

/** Checks the levels in bytes [start, end), and returns how many of them are the highest. */
function levelsAtMost(
  view: DataView,
  start: number,
  end: number,
  max: number,
  values: number,
): number {
  const width = 32 - Math.clz32(max);
  checkHybrid(view, start, end, { width, values });
  const levels = new Uint8Array(values);
  readRleBitPackedHybrid({ view, offset: start }, width, levels, end - start);
  return levels.reduce((sum, level) => sum + Number(level === max), 0);
}

function checkEncoded(
  view: DataView,
  start: number,
  values: number,
  encoding: Encoding,
  { column }: ParquetChunk,
  limit: UnpackLimit,
): void {
  const { type, type_length: width = 0 } = column.schemaPath.at(-1)!.element;
  const end = view.byteLength;
  switch (encoding) {
    case "PLAIN":
      checkPlain(view, start, values, column);
      break;
    case "PLAIN_DICTIONARY":
    case "RLE_DICTIONARY":
    case "RLE":
      if (type === "BOOLEAN") checkHybrid(view, start + 4, end, { width: 1, values });
      else if (values > 0)
        checkHybrid(view, start + 1, end, { width: view.getUint8(start), values });
      break;
    case "BYTE_STREAM_SPLIT":
      if (type === "FIXED_LEN_BYTE_ARRAY" && values * width > end - start) {
        throw new Error(`a page of ${column.name} has fewer bytes than its values need`);
      }
      break;
    case "DELTA_BINARY_PACKED":
      checkDelta(view, start, values);
      break;
    case "DELTA_LENGTH_BYTE_ARRAY": {
      const { lengths } = readLengths(view, start, values);
      for (const length of lengths) refuseLongDecimal(column, length);
      break;
    }
    case "DELTA_BYTE_ARRAY": {
      const prefixes = readLengths(view, start, values);
      const suffixes = readLengths(view, prefixes.end, values);
      let before = 0;
      for (let i = 0; i < values; i++) {
        const prefix = prefixes.lengths[i]!;
        if (prefix > before) throw new Error(`a text of ${column.name} repeats more than there is`);
        before = prefix + suffixes.lengths[i]!;
        limit.spend(before);
        refuseLongDecimal(column, before);
      }
      break;
    }
    default:
    // The reader refuses other encodings by name.
  }
}

/** Texts tell their length each, and the reader checks those; decimals among them must not be long. */
function checkPlain(view: DataView, start: number, values: number, column: ParquetColumn): void {
  const { type, type_length: width = 0, converted_type: kind } = column.schemaPath.at(-1)!.element;
  if (type === "FIXED_LEN_BYTE_ARRAY") refuseLongDecimal(column, width);
  if (type !== "BYTE_ARRAY" || kind !== "DECIMAL") return;
  let at = start;
  for (let i = 0; i < values; i++) {
    const length = view.getUint32(at, true);
    refuseLongDecimal(column, length);
    at += 4 + length;
  }
}

function refuseLongDecimal({ name, schemaPath }: ParquetColumn, bytes: number): void {
  if (bytes <= MAX_DECIMAL_BYTES || schemaPath.at(-1)!.element.converted_type !== "DECIMAL") return;
  throw new Error(`${name} has a decimal of ${count(bytes)} bytes`);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
