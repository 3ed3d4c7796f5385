import { deltaBinaryUnpack } from "hyparquet/src/delta.js";

/**
 * Bounds for the encodings of a Parquet page, checked before hyparquet decodes it: hyparquet allocates and
 * repeats values by the lengths that runs and blocks claim.
 *
 * @see https://parquet.apache.org/docs/file-format/data-pages/encodings/
 */

/** Writers pad the last bit-packed run: to 8 values by the format, parquet-mr to a whole header's 63 groups. */
const MAX_PADDING = 504;
/** The format's own limit would be the page; usual blocks have 128 values in 4 miniblocks. */
const MAX_BLOCK_VALUES = 65_536;

/**
 * Checks a run-length and bit-packed hybrid of `values` numbers of `width` bits in bytes [start, end).
 *
 * @throws Error if a run holds more values than are left, or leaves the bytes
 */
export function checkHybrid(
  view: DataView,
  start: number,
  end: number,
  { width, values }: { readonly width: number; readonly values: number },
): void {
  if (width > 32) throw new Error(`a page has numbers of ${width} bits`);
  let at = start;
  let seen = 0;
  while (seen < values) {
    const header = readVarint(view, at, end);
    at = header.end;
    const isPacked = header.value % 2 === 1;
    const run = Math.floor(header.value / 2) * (isPacked ? 8 : 1);
    if (run > values - seen + (isPacked ? MAX_PADDING : 0)) {
      throw new Error(`a run of ${run} values in a page that has ${values - seen} left`);
    }
    at += isPacked ? 0 : Math.ceil(width / 8);
    // The last packed run may be cut at its last value's byte.
    const needed = isPacked ? Math.ceil((Math.min(run, values - seen) * width) / 8) : 0;
    if (at + needed > end) throw new Error("a run of values leaves its page");
    at += isPacked ? (run / 8) * width : 0;
    seen += run;
  }
}

/**
 * Checks `values` delta-encoded whole numbers at `start`, and returns the offset after their last block.
 *
 * @throws Error if a block or a number in it is larger than any writer makes them, or leaves the view
 */
export function checkDelta(view: DataView, start: number, values: number): number {
  const end = view.byteLength;
  const block = readVarint(view, start, end);
  const miniblocks = readVarint(view, block.end, end);
  const first = readVarint(view, readVarint(view, miniblocks.end, end).end, end);
  const perMiniblock = block.value / miniblocks.value;
  if (values <= 1) return first.end;
  if (block.value > MAX_BLOCK_VALUES || !Number.isInteger(perMiniblock) || perMiniblock < 1) {
    throw new Error(`a page has blocks of ${block.value} values in ${miniblocks.value} parts`);
  }
  let at = first.end;
  for (let seen = 1; seen < values; ) {
    at = readVarint(view, at, end).end;
    const widths = at;
    at += miniblocks.value;
    if (at > end) throw new Error("a block of values leaves its page");
    for (let i = 0; i < miniblocks.value && seen < values; i++) {
      const width = view.getUint8(widths + i);
      if (width > 64) throw new Error(`a page has numbers of ${width} bits`);
      // The last part may be cut at its last value's byte.
      const kept = Math.min(perMiniblock, values - seen);
      if (at + Math.ceil((kept * width) / 8) > end)
        throw new Error("a block of values leaves its page");
      at += Math.ceil((perMiniblock * width) / 8);
      seen += perMiniblock;
    }
  }
  return Math.min(at, end);
}

/**
 * The delta-encoded lengths at `start` and the offset after them.
 *
 * @throws Error as `checkDelta`, and if a length is negative
 */
export function readLengths(
  view: DataView,
  start: number,
  values: number,
): { readonly lengths: Int32Array; readonly end: number } {
  checkDelta(view, start, values);
  const lengths = new Int32Array(values);
  const reader = { view, offset: start };
  deltaBinaryUnpack(reader, values, lengths);
  if (lengths.some((length) => length < 0)) throw new Error("a page has a text of negative length");
  return { lengths, end: reader.offset };
}

/** An unsigned number of at most ten bytes that ends before `end`. */
function readVarint(
  view: DataView,
  start: number,
  end: number,
): { readonly value: number; readonly end: number } {
  let value = 0;
  for (let i = 0; i < 10 && start + i < end; i++) {
    const next = view.getUint8(start + i);
    value += (next & 0x7f) * 2 ** (7 * i);
    if (next < 0x80) return { value, end: start + i + 1 };
  }
  throw new Error("a number in a page is cut short or too long");
}
