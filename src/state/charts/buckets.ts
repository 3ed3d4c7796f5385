/**
 * Indices to draw so that a curve of any length looks the same in `bucketCount` columns of pixels:
 * the lowest and the highest point of every bucket, in order, so no spike is lost.
 *
 * @param x ascending
 * @param y as long as x; points that are not finite are kept only where their bucket has no other
 * @param range the part of x to draw, with one point beyond either end so that lines reach the edge
 */
export function minMaxIndices(
  x: Float64Array,
  y: Float64Array,
  bucketCount: number,
  range: readonly [number, number] | null,
): number[] {
  const from = range ? Math.max(0, lowerBound(x, range[0]) - 1) : 0;
  const to = range ? Math.min(x.length, lowerBound(x, range[1]) + 2) : x.length;
  const count = to - from;
  if (count <= bucketCount * 2) return Array.from({ length: count }, (_, i) => from + i);
  const indices: number[] = [];
  for (let bucket = 0; bucket < bucketCount; bucket += 1) {
    const start = from + Math.floor((bucket * count) / bucketCount);
    const end = from + Math.floor(((bucket + 1) * count) / bucketCount);
    pushExtremes(indices, y, start, end);
  }
  return indices;
}

function pushExtremes(indices: number[], y: Float64Array, start: number, end: number): void {
  let low = start;
  let high = start;
  for (let i = start; i < end; i += 1) {
    const value = y[i]!;
    if (!Number.isFinite(value)) continue;
    if (!(value >= y[low]!)) low = i;
    if (!(value <= y[high]!)) high = i;
  }
  indices.push(Math.min(low, high));
  if (low !== high) indices.push(Math.max(low, high));
}

/** First index whose x is not below `value`. */
export function lowerBound(x: Float64Array, value: number): number {
  let low = 0;
  let high = x.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (x[middle]! < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
