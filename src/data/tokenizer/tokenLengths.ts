/** How long rows are before anything is cut, as a histogram. */
export interface TokenLengths {
  /** Tokens a bar is wide; the first begins at 0. */
  readonly barWidth: number;
  /** [bars] rows. */
  readonly counts: readonly number[];
  /** Tokens that are kept. */
  readonly maxLength: number;
  readonly longest: number;
  /** Rows longer than that. */
  readonly cutRows: number;
  readonly rows: number;
}

/** About so many bars; their width is a round number of tokens. */
const BARS = 24;

/** @param lengths tokens of each row's longest option, BOS counted */
export function tokenLengths(lengths: readonly number[], maxLength: number): TokenLengths {
  const longest = lengths.reduce((a, b) => Math.max(a, b), 0);
  const barWidth = roundWidth(longest / BARS);
  const counts = new Array<number>(Math.floor(longest / barWidth) + 1).fill(0);
  for (const length of lengths) counts[Math.floor(length / barWidth)]! += 1;
  const cutRows = lengths.filter((length) => length > maxLength).length;
  return { barWidth, counts, maxLength, longest, cutRows, rows: lengths.length };
}

/** The next of 1, 2, 5, 10, 20, 50, … */
function roundWidth(least: number): number {
  for (let unit = 1; ; unit *= 10) {
    for (const width of [unit, 2 * unit, 5 * unit]) if (width >= least) return width;
  }
}
