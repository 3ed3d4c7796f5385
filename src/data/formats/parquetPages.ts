import { gunzipSync } from "fflate";
import { decompress as unzstd } from "fzstd";
import type { PageHeader } from "hyparquet";
import { snappyUncompress } from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";
import { count } from "#base/quote.ts";
import type { ByteSource } from "./byteSource.ts";
import { readExactly } from "./byteSource.ts";
import { MAX_UNPACKED_BYTES, type ParquetChunk, unpacksTo, whole } from "./parquetChunks.ts";

const READ_AHEAD_BYTES = 8 * 2 ** 20;

/**
 * Goes through the headers of all pages before one is unpacked: the reader makes room for as many
 * values as a page claims, and goes on from page to page by the sizes they claim.
 *
 * Not bounded is what shows only while it is decoded: the lengths of runs of levels and of indices
 * into a dictionary, of texts packed by their common beginnings, and of lists in Thrift. A file made
 * for it can cost the reader time or memory without end there, and nothing worse: the reader runs in
 * the engine's worker, and whatever ends that, a run goes on from its journal.
 *
 * @throws ZerothError E-DATA-1 if they unpack to too much; Error if they contradict their chunk
 */
export async function checkPages(
  name: string,
  file: ByteSource,
  chunks: readonly ParquetChunk[],
): Promise<void> {
  const read = readAhead(file);
  let unpackedBytes = 0;
  for (const chunk of chunks.toSorted((a, b) => a.start - b.start)) {
    unpackedBytes += checkChunk(chunk, await read(chunk.start, chunk.end));
    if (unpackedBytes > MAX_UNPACKED_BYTES) throw unpacksTo(name, "more than 1 GB");
  }
}

/** Reads bytes in rising order. Row groups of a thousand rows make ten thousand small chunks. */
function readAhead(file: ByteSource): (start: number, end: number) => Promise<DataView> {
  let from = 0;
  let bytes = new Uint8Array(0);
  return async (start, end) => {
    if (end > from + bytes.length) {
      const ahead = Math.min(start + READ_AHEAD_BYTES, file.sizeBytes);
      bytes = await readExactly(file, start, Math.max(end, ahead));
      from = start;
    }
    return new DataView(bytes.buffer, bytes.byteOffset + start - from, end - start);
  };
}

/** Bytes the pages of a chunk unpack to. */
function checkChunk(chunk: ParquetChunk, view: DataView): number {
  const reader = { view, offset: 0 };
  let values = 0;
  let unpackedBytes = 0;
  // The last byte alone is no header: that is where the reader stops as well.
  while (reader.offset < view.byteLength - 1) {
    const header = parquetHeader(reader);
    const of = `of a page of ${chunk.column}`;
    reader.offset += whole(header.compressed_page_size, `the packed size ${of}`);
    if (reader.offset > view.byteLength) throw new Error(`a page of ${chunk.column} is cut short`);
    const size = whole(header.uncompressed_page_size, `the size ${of}`);
    if (size > MAX_PAGE_BYTES) throw new Error(`a page claims to have ${count(size)} bytes`);
    unpackedBytes += size;
    values += valuesOf(header, chunk, of);
    if (values > chunk.values) {
      throw new Error(`the pages of ${chunk.column} have more values than it claims to have`);
    }
  }
  return unpackedBytes;
}

/** Values of rows on a page. A dictionary has none: it is bounded by its own bytes. */
function valuesOf(header: PageHeader, chunk: ParquetChunk, of: string): number {
  const { data_page_header: v1, data_page_header_v2: v2, dictionary_page_header: words } = header;
  switch (header.type) {
    case "DATA_PAGE":
      return whole(v1?.num_values, `the number of values ${of}`);
    case "DATA_PAGE_V2":
      checkSecondVersion(header, chunk, of);
      return whole(v2?.num_values, `the number of values ${of}`);
    case "DICTIONARY_PAGE": {
      // Only true and false take less than a byte each, and nobody makes a dictionary of them.
      const entries = whole(words?.num_values, `the number of values ${of}`);
      if (entries <= header.uncompressed_page_size) return 0;
      throw new Error(`a dictionary of ${chunk.column} has more entries than bytes`);
    }
    default:
      return 0; // The reader refuses pages of another type by name.
  }
}

/** Of a page of version 2, the reader subtracts these from each other to get lengths. */
function checkSecondVersion(header: PageHeader, { rows, column }: ParquetChunk, of: string): void {
  const v2 = header.data_page_header_v2;
  const values = whole(v2?.num_values, `the number of values ${of}`);
  const nulls = whole(v2?.num_nulls, `the number of nulls ${of}`);
  const pageRows = whole(v2?.num_rows, `the number of rows ${of}`);
  const levelBytes =
    whole(v2?.definition_levels_byte_length, `the size of levels ${of}`) +
    whole(v2?.repetition_levels_byte_length, `the size of levels ${of}`);
  const room = Math.min(header.compressed_page_size, header.uncompressed_page_size);
  if (nulls <= values && pageRows <= rows && levelBytes <= room) return;
  throw new Error(`a page of ${column} contradicts itself`);
}

/** A page has about 1 MB; what claims much more is broken or means harm. */
export const MAX_PAGE_BYTES = 256_000_000;

/**
 * What unpacks pages of Parquet, by its name there. The size a page claims bounds what is made of it:
 * all of them write into room of that size, Snappy too, whose room the reader would get unasked.
 */
export const parquetCodecs = {
  SNAPPY: (input: Uint8Array, size: number) => {
    const output = roomFor(size);
    snappyUncompress(input, output);
    return output;
  },
  GZIP: (input: Uint8Array, size: number) => gunzipSync(input, { out: roomFor(size) }),
  ZSTD: (input: Uint8Array, size: number) => unzstd(input, roomFor(size)),
};

function roomFor(size: number): Uint8Array<ArrayBuffer> {
  if (size <= MAX_PAGE_BYTES) return new Uint8Array(size);
  throw new RangeError(`a page claims to have ${size} bytes`);
}
