import { useMemo } from "react";
import {
  type CurveOptions,
  curveOf,
  describeLoss,
  drawingNotes,
  formatX,
  type Range,
} from "#state/charts/curves.ts";
import type { RunSeries } from "#state/charts/runSeries.ts";
import { formatReading, formatTick } from "#state/text/format.ts";
import { ChartFrame } from "./ChartFrame.tsx";
import type { Line } from "./createPlot.ts";
import { Plot } from "./Plot.tsx";

export interface ChartProps {
  readonly series: RunSeries;
  readonly options: CurveOptions;
  readonly onRange: (range: Range | null) => void;
}

const LINES: readonly Line[] = [
  { name: "each step", color: "--series-loss", isFaint: true },
  { name: "smoothed", color: "--series-loss" },
];

export function LossChart({ series, options, onRange }: ChartProps) {
  const { axis, smoothing, isLog, range } = options;
  const curve = useMemo(
    () => curveOf(series, "loss", { axis, smoothing, isLog, range }),
    [series, axis, smoothing, isLog, range],
  );
  const data = useMemo(
    () => [[...curve.x], [...curve.raw], [...curve.smoothed]] satisfies [number[], ...unknown[]],
    [curve],
  );
  return (
    <ChartFrame
      title="Training loss"
      hint="Zeroth-order losses jump about: each step sees a few rows and a random direction. Watch the smoothed line and the held-out rows."
      notes={drawingNotes(curve, series.notFinite)}
      isEmpty={series.length === 0}
    >
      <Plot
        summary={describeLoss(series, smoothing)}
        data={data}
        lines={LINES}
        isLog={isLog}
        range={range ?? options.extent}
        height={300}
        onRange={onRange}
        formatX={formatX[axis]}
        formatY={formatReading}
        formatTick={formatTick}
      />
    </ChartFrame>
  );
}
