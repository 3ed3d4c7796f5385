import { randomIntegers } from "./random.ts";

/** Rows of sequences that are being written, as `cache_keys` and `attention_cached` read them. */
export interface WrittenRows {
  /** [tokens, 5]: id, position, 0, 0, first row of its slot in the cache. */
  readonly rows: Uint32Array<ArrayBuffer>;
  readonly tokens: number;
  /** Rows of the whole cache. */
  readonly cacheRows: number;
}

/** Three slots of 40 positions: one begins, one goes on by a token, one by several. */
export function someRows(): WrittenRows {
  const positions = 40;
  const feeds = [
    { slot: 2, from: 0, count: 5 },
    { slot: 0, from: 36, count: 1 },
    { slot: 1, from: 3, count: 20 },
  ];
  const rows = feeds.flatMap(({ slot, from, count }) =>
    randomIntegers(slot, count, 50).map((id, i) => [id, from + i, 0, 0, slot * positions]),
  );
  return { rows: new Uint32Array(rows.flat()), tokens: rows.length, cacheRows: 3 * positions };
}
