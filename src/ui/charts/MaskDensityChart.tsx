import { useMemo } from "react";
import { curvesOf, formatX } from "#state/charts/curves.ts";
import { column, lastOf } from "#state/charts/runSeries.ts";
import { formatPercent, formatPercentTick } from "#state/text/format.ts";
import { ChartFrame } from "./ChartFrame.tsx";
import type { Line } from "./createPlot.ts";
import type { ChartProps } from "./LossChart.tsx";
import { Plot } from "./Plot.tsx";

const LINES: readonly Line[] = [{ name: "share that moves", color: "--series-gradient" }];

/** How much of the model the mask lets through, as the weights wander over their thresholds. */
export function MaskDensityChart({ series, options, onRange }: ChartProps) {
  const { axis, range, extent } = options;
  const data = useMemo(() => {
    const { x, ys } = curvesOf(series, ["maskDensity"], { axis, smoothing: 0, range });
    return [[...x], ...ys.map((y) => [...y])] satisfies [number[], ...unknown[]];
  }, [series, axis, range]);
  const isKnown = column(series, "maskDensity").some(Number.isFinite);
  return (
    <ChartFrame
      title="Share of the parameters that moves"
      hint="Thresholds stay; weights that grow past theirs freeze, weights that shrink below it thaw."
      isEmpty={!isKnown}
    >
      <Plot
        summary={`Density of the mask: now ${formatPercent(lastOf(series)?.maskDensity)}.`}
        data={data}
        lines={LINES}
        isLog={false}
        range={range ?? extent}
        height={150}
        onRange={onRange}
        formatX={formatX[axis]}
        formatY={formatPercent}
        formatTick={formatPercentTick}
      />
    </ChartFrame>
  );
}
