import type { RunRecord } from "#run/store/records.ts";
import { finalTestText } from "#state/run/finalTest.ts";

/** What the rows kept for the end say. */
export function FinalTest({ record }: { readonly record: RunRecord }) {
  const text = finalTestText(record);
  return text === null ? null : <p>{text}</p>;
}
