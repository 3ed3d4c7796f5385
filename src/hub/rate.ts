/** Window of the rate, in seconds. */
const WINDOW_MS = 5000;

/** A function that takes the bytes so far and returns bytes per second, or null at first. */
export function startRate(now: () => number): (done: number) => number | null {
  const marks: { readonly atMs: number; readonly done: number }[] = [];
  return (done) => {
    const atMs = now();
    const last = marks.at(-1);
    // A file that starts over would otherwise have a negative rate.
    if (last && done < last.done) marks.length = 0;
    marks.push({ atMs, done });
    while (marks.length > 2 && atMs - marks[0]!.atMs > WINDOW_MS) marks.shift();
    const first = marks[0]!;
    const elapsedMs = atMs - first.atMs;
    return elapsedMs < 200 ? null : ((done - first.done) / elapsedMs) * 1000;
  };
}
