import { useMemo } from "react";
import { curvesOf, formatX } from "#state/charts/curves.ts";
import { formatReading, formatTick } from "#state/text/format.ts";
import { ChartFrame } from "./ChartFrame.tsx";
import type { Line } from "./createPlot.ts";
import type { ChartProps } from "./LossChart.tsx";
import { Plot } from "./Plot.tsx";

const LINES: readonly Line[] = [
  { name: "loss⁺", color: "--series-accuracy" },
  { name: "loss⁻", color: "--series-loss", dash: [7, 5] },
];

/** The two losses every step compares: their difference is all the method learns from. */
export function LossPairChart({ series, options, onRange }: ChartProps) {
  const { axis, smoothing, range, extent } = options;
  const data = useMemo(() => {
    const { x, ys } = curvesOf(series, ["lossPlus", "lossMinus"], { axis, smoothing, range });
    return [[...x], ...ys.map((y) => [...y])] satisfies [number[], ...unknown[]];
  }, [series, axis, smoothing, range]);
  return (
    <ChartFrame
      title="Loss on either side"
      hint="The same rows with the weights nudged forwards (loss⁺) and backwards (loss⁻), smoothed. They nearly coincide: their small difference, divided by 2ε, is the projected gradient."
      isEmpty={series.length === 0}
    >
      <Plot
        summary="The losses on either side of the weights, nearly equal in every step."
        data={data}
        lines={LINES}
        isLog={false}
        range={range ?? extent}
        height={180}
        onRange={onRange}
        formatX={formatX[axis]}
        formatY={formatReading}
        formatTick={formatTick}
      />
    </ChartFrame>
  );
}
