/**
 * Returns the largest of non-negative values, or 0 if there are none. `Math.max(...values)` throws a
 * RangeError for 65,536 values in Safari and 120,000 in Chrome.
 */
export function maxOf(values: readonly number[]): number {
  return values.reduce((max, value) => Math.max(max, value), 0);
}
