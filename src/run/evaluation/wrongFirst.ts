import type { ExampleResult } from "./examples.ts";

/**
 * Wrong answers first, those given with the greatest confidence at the head; then the right ones, the
 * least sure first. What someone has to look at comes before what can be believed.
 */
export function wrongFirst(rows: readonly ExampleResult[]): ExampleResult[] {
  return rows.toSorted((a, b) => {
    if (a.isRight !== b.isRight) return Number(a.isRight) - Number(b.isRight);
    const surest = a.isRight ? sureness(a) - sureness(b) : sureness(b) - sureness(a);
    return surest || a.row - b.row;
  });
}

/** How sure an answer was, 0..1; a written one by how far it is from any right one. */
function sureness({ probability, f1 }: ExampleResult): number {
  return probability ?? 1 - (f1 ?? 0);
}
