import type { MethodDescription, ModelReport } from "../engineTypes.ts";
import { formatBytes } from "../text/format.ts";

/** "no extra memory", "none, or ≈ 501 MB": what a method needs beside the weights. */
export function extraMemoryText(
  extraMemory: MethodDescription["extraMemory"],
  model: ModelReport | null,
): string {
  switch (extraMemory) {
    case "none":
      return "no extra memory";
    case "none, or a copy of the weights":
      return model ? `none, or ≈ ${formatBytes(model.weightBytes)}` : extraMemory;
    default:
      return extraMemory satisfies never;
  }
}

/** "31 %": how much of the model may move in a step. */
export function activeShareText(share: number): string {
  const percent = share * 100;
  return `${percent < 10 && percent > 0 ? percent.toFixed(1) : percent.toFixed(0)} %`;
}
