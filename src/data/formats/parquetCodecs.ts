import { gunzipSync } from "fflate";
import { decompress as unzstd } from "fzstd";
import { snappyUncompress } from "hyparquet";

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
