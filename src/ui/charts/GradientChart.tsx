import { useMemo } from "react";
import { curveOf, describeGradient, formatX } from "#state/charts/curves.ts";
import { formatReading, formatTick } from "#state/text/format.ts";
import { ChartFrame } from "./ChartFrame.tsx";
import type { Line } from "./createPlot.ts";
import type { ChartProps } from "./LossChart.tsx";
import { Plot } from "./Plot.tsx";

const LINES: readonly Line[] = [{ name: "each step", color: "--series-gradient" }];

/** The slope along each step's direction: what the step is made of. */
export function GradientChart({ series, options, onRange }: ChartProps) {
  const { axis, range } = options;
  const data = useMemo(() => {
    // It has a sign, so it is never drawn on a log axis.
    const curve = curveOf(series, "projectedGrad", { axis, smoothing: 0, isLog: false, range });
    return [[...curve.x], [...curve.raw]] satisfies [number[], ...unknown[]];
  }, [series, axis, range]);
  return (
    <ChartFrame
      title="Projected gradient"
      hint="The slope felt along the step's random direction. It should scatter about zero; a few steps far outside the rest are usual."
      isEmpty={series.length === 0}
    >
      <Plot
        summary={describeGradient(series)}
        data={data}
        lines={LINES}
        isLog={false}
        range={range ?? options.extent}
        height={180}
        onRange={onRange}
        formatX={formatX[axis]}
        formatY={formatReading}
        formatTick={formatTick}
      />
    </ChartFrame>
  );
}
