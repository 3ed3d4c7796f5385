import { useMemo } from "react";
import { formatX, type Range, type XAxis } from "#state/charts/curves.ts";
import { alignOverlay, describeOverlay, type Metric, overlayLine } from "#state/charts/overlay.ts";
import type { RunSeries } from "#state/charts/runSeries.ts";
import { formatPercent, formatPercentTick, formatReading, formatTick } from "#state/text/format.ts";
import { ChartFrame } from "../charts/ChartFrame.tsx";
import type { Band, Line } from "../charts/createPlot.ts";
import { Plot } from "../charts/Plot.tsx";

/** A run, or runs that differ only in their seed, as one line. */
export interface ShownLine {
  readonly key: string;
  readonly name: string;
  readonly look: Pick<Line, "color" | "dash" | "marker">;
  readonly series: readonly RunSeries[];
}

interface OverlayChartProps {
  readonly metric: Metric;
  readonly lines: readonly ShownLine[];
  readonly options: {
    readonly axis: XAxis;
    readonly smoothing: number;
    readonly isLog: boolean;
    readonly range: Range | null;
  };
  readonly onRange: (range: Range | null) => void;
}

const LOOKS = {
  loss: { title: "Training loss, smoothed", format: formatReading, tick: formatTick, height: 300 },
  heldOutAccuracy: {
    title: "Held-out accuracy",
    format: formatPercent,
    tick: formatPercentTick,
    height: 220,
  },
  heldOutLoss: { title: "Held-out loss", format: formatReading, tick: formatTick, height: 220 },
};

export function OverlayChart({ metric, lines, options, onRange }: OverlayChartProps) {
  const { axis, smoothing, isLog, range } = options;
  const { title, format, tick, height } = LOOKS[metric];
  const isLogY = isLog && metric !== "heldOutAccuracy";
  const overlays = useMemo(
    () => lines.map(({ series }) => overlayLine(series, metric, axis, smoothing)),
    [lines, metric, axis, smoothing],
  );
  const data = useMemo(() => {
    const { x, columns } = alignOverlay(overlays, isLogY);
    return [[...x], ...columns.map((column) => [...column])] satisfies [number[], ...unknown[]];
  }, [overlays, isLogY]);
  const hasBand = overlays.map(({ band }) => band !== undefined).join();
  const names = lines.map(({ key }) => key).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: another array only when the lines are others
  const drawn = useMemo(
    () =>
      drawnLines(
        lines,
        overlays.map(({ band }) => band !== undefined),
      ),
    [names, hasBand],
  );
  return (
    <ChartFrame
      title={title}
      notes={hasBand.includes("true") ? [BAND_NOTE] : []}
      isEmpty={overlays.every(({ x }) => x.length === 0)}
    >
      <Plot
        summary={describeOverlay(
          title,
          lines.map(({ name }) => name),
          overlays,
          format,
        )}
        data={data}
        lines={drawn.lines}
        bands={drawn.bands}
        isLog={isLogY}
        isSparse
        hasLegend={false}
        range={range}
        height={height}
        onRange={onRange}
        formatX={formatX[axis]}
        formatY={format}
        formatTick={tick}
      />
    </ChartFrame>
  );
}

const BAND_NOTE =
  "Lines of several seeds are their median, the wash reaches from the lowest to the highest; both end where the first of them ended.";

/** In the order of `alignOverlay`: the edges of every band, then the lines. */
function drawnLines(
  lines: readonly ShownLine[],
  hasBand: readonly boolean[],
): { readonly lines: readonly Line[]; readonly bands: readonly Band[] } {
  const edges: Line[] = [];
  const bands: Band[] = [];
  for (const [i, { name, look }] of lines.entries()) {
    if (!hasBand[i]) continue;
    const { color } = look;
    bands.push({ high: edges.length, low: edges.length + 1, color });
    edges.push(
      { name: `${name}, highest`, color, isEdge: true },
      { name: `${name}, lowest`, color, isEdge: true },
    );
  }
  return { lines: [...edges, ...lines.map(({ name, look }) => ({ name, ...look }))], bands };
}
