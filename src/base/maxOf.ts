/**
 * The largest of non-negative values, 0 if there are none. Spread over the arguments of `Math.max`,
 * 65,536 values are a RangeError in Safari and 120,000 in Chrome.
 */
export function maxOf(values: readonly number[]): number {
  return values.reduce((max, value) => Math.max(max, value), 0);
}
