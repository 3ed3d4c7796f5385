import { useMemo } from "react";
import { barHeights, describeHistogram, histogramOf } from "#state/charts/histogram.ts";
import { column, type RunSeries } from "#state/charts/runSeries.ts";
import { formatReading } from "#state/text/format.ts";
import { Bars } from "./Bars.tsx";
import { ChartFrame } from "./ChartFrame.tsx";

const BINS = 48;

/** How the projected gradients of all steps are spread. */
export function GradientHistogram({ series }: { readonly series: RunSeries }) {
  const histogram = useMemo(() => histogramOf(column(series, "projectedGrad"), BINS), [series]);
  return (
    <ChartFrame
      title="Spread of the projected gradient"
      hint="A bell about zero is what random directions give. A heavy tail means a few steps throw the weights far."
      notes={histogram ? [describeHistogram(histogram)] : []}
      isEmpty={histogram === null}
    >
      {histogram && (
        <Bars
          summary={`Histogram of the projected gradient. ${describeHistogram(histogram)}`}
          heights={barHeights(histogram.counts, false)}
          edges={[
            formatReading(histogram.from),
            formatReading(histogram.median),
            formatReading(histogram.from + histogram.binWidth * BINS),
          ]}
          color="--series-gradient"
        />
      )}
    </ChartFrame>
  );
}
