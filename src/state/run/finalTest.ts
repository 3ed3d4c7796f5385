import type { RunRecord } from "#run/store/records.ts";
import { formatCount, formatPercent } from "../text/format.ts";
import { measure } from "./measure.ts";
import { formatInterval } from "./result.ts";

/** The final test in a sentence; null where no rows were kept for it, or it was given up. */
export function finalTestText({ testEvaluation: test, best }: RunRecord): string | null {
  if (!test) return null;
  const at = best?.step === test.step ? "at the best step" : "after step";
  const rows = `on ${formatCount(test.n)} rows nothing was chosen by, ${at} ${formatCount(test.step)}`;
  const { value, interval, exact } = measure(test);
  const score = exact === null ? `${formatPercent(value)} right` : `F1 ${formatPercent(value)}`;
  return `Final test: ${score} (95 % interval ${formatInterval(interval)}) ${rows}.`;
}
