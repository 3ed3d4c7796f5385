import { wilsonInterval } from "#base/interval.ts";
import type { RunRecord } from "./engineTypes.ts";
import { formatCount, formatPercent } from "./format.ts";
import { formatInterval } from "./result.ts";

/** The final test in a sentence; null where no rows were kept for it, or it was given up. */
export function finalTestText({ testEvaluation: test, best }: RunRecord): string | null {
  if (!test) return null;
  const at = best?.step === test.step ? "at the best step" : "after step";
  const rows = `on ${formatCount(test.n)} rows nothing was chosen by, ${at} ${formatCount(test.step)}`;
  if (test.f1 !== undefined) return `Final test: F1 ${formatPercent(test.f1)} ${rows}.`;
  const interval = formatInterval(wilsonInterval(test.accuracy, test.n));
  return `Final test: ${formatPercent(test.accuracy)} right (95 % interval ${interval}) ${rows}.`;
}
