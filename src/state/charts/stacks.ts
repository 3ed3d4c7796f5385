import type { StepTiming } from "#session/reports.ts";
import { barWidth, formatBytes, formatCount } from "../text/format.ts";

/** One part of a stacked bar. */
export interface StackPart {
  readonly key: string;
  readonly name: string;
  /** Its size in words. */
  readonly text: string;
  /** Its share of the bar, as CSS wants it. */
  readonly width: string;
}

const memoryNames: Readonly<Record<string, string>> = {
  weights: "Weights",
  scratch: "Scratch",
  activations: "Activations",
  snapshot: "Snapshot",
  cache: "Cache",
  other: "Tables",
};

/** GPU memory as parts of a bar, kinds that take nothing left out. */
export function memoryStack(bytes: Readonly<Record<string, number>>): readonly StackPart[] {
  const total = Object.values(bytes).reduce((sum, size) => sum + size, 0);
  return Object.entries(memoryNames).flatMap(([key, name]) => {
    const size = bytes[key] ?? 0;
    if (size === 0) return [];
    return [{ key, name, text: formatBytes(size), width: barWidth(size, total) }];
  });
}

export function totalBytes(bytes: Readonly<Record<string, number>>): number {
  return Object.values(bytes).reduce((sum, size) => sum + size, 0);
}

/** The time of a step as parts of a bar. */
export function timeStack(timing: StepTiming): readonly StackPart[] {
  const parts = [
    { key: "weightPass", name: "Weight pass", ms: timing.weightPassMs },
    { key: "products", name: "Matrix products", ms: timing.productsMs },
    { key: "attention", name: "Attention", ms: timing.attentionMs },
    { key: "rest", name: "Loss and rest", ms: timing.restMs },
    { key: "waiting", name: "Waiting", ms: timing.waitingMs },
  ];
  const total = parts.reduce((sum, { ms }) => sum + ms, 0);
  return parts.map(({ ms, ...part }) => ({
    ...part,
    text: `${timing.isEstimate ? "≈ " : ""}${formatMilliseconds(ms)}`,
    width: barWidth(ms, total),
  }));
}

/** What a step takes, waiting included. */
export function stepTimeText(timing: StepTiming): string {
  const { weightPassMs, productsMs, attentionMs, restMs, waitingMs } = timing;
  return formatMilliseconds(weightPassMs + productsMs + attentionMs + restMs + waitingMs);
}

/** What the parts of a step's time were told by. */
export function timeSource({ step, isEstimate }: StepTiming): string {
  const at = `step ${formatCount(step)}`;
  if (!isEstimate) return `By the GPU's clock, at ${at}`;
  return (
    `Estimate: this GPU offers no clock, so the browser timed each part by itself, before ${at}; ` +
    "waiting is the rest of a usual step"
  );
}

/** "1.4 s", "230 ms", "12.3 ms". */
function formatMilliseconds(ms: number): string {
  if (ms >= 999.5) return `${(ms / 1000).toFixed(1)} s`;
  return `${ms.toFixed(ms >= 99.95 ? 0 : 1)} ms`;
}
