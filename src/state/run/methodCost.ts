import type { ModelReport } from "#session/reports.ts";
import type { MethodDescription } from "#zo/methods/method.ts";
import { formatBytes } from "../text/format.ts";

/** "no extra memory", "none, or ≈ 501 MB": what a method needs beside the weights. */
export function extraMemoryText(
  { least, most }: MethodDescription["weightCopies"],
  model: ModelReport | null,
): string {
  if (most === 0) return "no extra memory";
  const copies = model ? `≈ ${formatBytes(most * model.weightBytes)}` : "a copy of the weights";
  return least === most ? copies : `none, or ${copies}`;
}

/** "31 %": how much of the model may move in a step. */
export function activeShareText(share: number): string {
  const percent = share * 100;
  return `${percent < 10 && percent > 0 ? percent.toFixed(1) : percent.toFixed(0)} %`;
}
