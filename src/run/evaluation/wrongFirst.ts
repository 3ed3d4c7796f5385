import type { ExampleResult } from "./examples.ts";

/**
 * Returns wrong answers first, the most confident ones at the top, then right answers, the least confident first.
 */
export function wrongFirst(rows: readonly ExampleResult[]): ExampleResult[] {
  return rows.toSorted((a, b) => {
    if (a.isRight !== b.isRight) return Number(a.isRight) - Number(b.isRight);
    const order = a.isRight ? confidence(a) - confidence(b) : confidence(b) - confidence(a);
    return order || a.row - b.row;
  });
}

/** Confidence of an answer, 0..1; for a generated one, 1 − F1. */
function confidence({ probability, f1 }: ExampleResult): number {
  return probability ?? 1 - (f1 ?? 0);
}
