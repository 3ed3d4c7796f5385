/**
 * The greatest of values of which none is negative; 0 of none. For as many as rows or tokens:
 * spread over the arguments of `Math.max`, 65,536 are a RangeError in Safari, 120,000 in Chrome.
 */
export function greatest(values: readonly number[]): number {
  return values.reduce((most, value) => Math.max(most, value), 0);
}
