import { useMemo } from "react";
import {
  type AnchorSummary,
  correctionCurve,
  describeCorrection,
  summarizeAnchors,
} from "#state/charts/anchors.ts";
import { formatX } from "#state/charts/curves.ts";
import {
  formatCount,
  formatPercent,
  formatPlural,
  formatReading,
  formatSetting,
  formatTick,
  UNKNOWN,
} from "#state/text/format.ts";
import { Facts } from "../parts/Facts.tsx";
import { ChartFrame } from "./ChartFrame.tsx";
import type { Line } from "./createPlot.ts";
import type { ChartProps } from "./LossChart.tsx";
import { Plot } from "./Plot.tsx";

const LINES: readonly Line[] = [
  { name: "|g|, the batch alone", color: "--series-accuracy", dash: [7, 5] },
  { name: "|g − ḡ|, corrected", color: "--series-gradient" },
];

/** What the anchors cost and what they take off a batch's estimate (MeZO-SVRG). */
export function AnchorPanel({ series, options, onRange }: ChartProps) {
  const { axis, range, isLog, extent } = options;
  const summary = useMemo(() => summarizeAnchors(series), [series]);
  const data = useMemo(() => {
    const { x, plain, corrected } = correctionCurve(series, axis, range);
    return [[...x], [...plain], [...corrected]] satisfies [number[], ...unknown[]];
  }, [series, axis, range]);
  if (!summary) return null;
  return (
    <ChartFrame
      title="Anchors and their correction"
      hint="At an anchor the slope is taken over all rows. Between two, the batch's slope g is corrected by ḡ, the slope of the same rows along the same direction at the anchor's weights."
      notes={[describeCorrection(summary)]}
      isEmpty={false}
    >
      <AnchorFacts summary={summary} />
      <Plot
        summary={describeCorrection(summary)}
        data={data}
        lines={LINES}
        isLog={isLog}
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

function AnchorFacts({ summary }: { readonly summary: AnchorSummary }) {
  const { anchors, age, lastAnchorStep, anchorLoss, anchorPasses, anchorShare } = summary;
  const rate = (value: number | null) => (value === null ? UNKNOWN : formatSetting(value));
  return (
    <Facts
      items={[
        {
          name: "Anchor age",
          value: formatPlural(age, "step"),
          title: "Steps since the last anchor",
        },
        {
          name: "Anchors",
          value: formatCount(anchors),
          title: `The last one at step ${formatCount(lastAnchorStep)}`,
        },
        {
          name: "Loss at the anchor",
          value: formatReading(anchorLoss),
          title: "Mean over the anchor's rows",
        },
        {
          name: "Passes on anchors",
          value: `${formatCount(anchorPasses)} (${formatPercent(anchorShare)})`,
          title: "Forward passes, and their share of all so far",
        },
        { name: "Rate at anchors", value: rate(summary.anchorRate) },
        { name: "Rate between", value: rate(summary.miniRate) },
      ]}
    />
  );
}
