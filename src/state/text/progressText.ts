import type { Progress } from "#session/reports.ts";
import { formatBytes, formatCount } from "./format.ts";

/** "120 MB of 251 MB", "6 of 14 shaders". */
export function progressText({ done, total, unit }: Progress): string {
  if (unit === "bytes") {
    return total > 0 ? `${formatBytes(done)} of ${formatBytes(total)}` : formatBytes(done);
  }
  const words = unit === "shaders" ? "GPU programs" : unit;
  return total > 0
    ? `${formatCount(done)} of ${formatCount(total)} ${words}`
    : `${formatCount(done)} ${words}`;
}

/** 0..100, or null while the end is not known. */
export function progressPercent({ done, total }: Progress): number | null {
  return total > 0 ? Math.min(100, Math.max(0, (done / total) * 100)) : null;
}
