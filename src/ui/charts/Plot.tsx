import { useEffect, useRef, useState } from "react";
import type uPlot from "uplot";
import type { Range } from "#state/charts/curves.ts";
import { nearestPoint } from "#state/charts/overlay.ts";
import styles from "./Charts.module.css";
import { type Band, createPlot, type Line, type PlotOptions } from "./createPlot.ts";
import { Swatch } from "./Swatch.tsx";
import { useThemeName } from "./useThemeName.ts";
import "uplot/dist/uPlot.min.css";

const NO_BANDS: readonly Band[] = [];

interface PlotProps extends PlotOptions {
  /** One sentence that says what the picture shows. */
  readonly summary: string;
  readonly data: uPlot.AlignedData;
  readonly range: Range | null;
  /** Where the lines are named elsewhere, as beside switches. */
  readonly hasLegend?: boolean;
}

/** A line chart that follows its data. The picture is drawn on a canvas; its words stand around it. */
export function Plot({ summary, data, range, hasLegend = true, ...options }: PlotProps) {
  const host = useRef<HTMLDivElement>(null);
  const chart = useRef<uPlot | null>(null);
  const latest = useRef({ data, range });
  latest.current = { data, range };
  const [index, setIndex] = useState<number | null>(null);
  const theme = useThemeName();
  const { lines, isLog, height, onRange, formatX, formatY, formatTick } = options;
  const { isLogX = false, isSparse = false, bands = NO_BANDS } = options;

  // biome-ignore lint/correctness/useExhaustiveDependencies: theme, the colours are read anew
  useEffect(() => {
    const element = host.current;
    if (!element) return;
    const made = createPlot(
      element,
      {
        lines,
        isLog,
        height,
        onRange,
        formatX,
        formatY,
        formatTick,
        isLogX,
        isSparse,
        bands,
      },
      () => latest.current,
      setIndex,
    );
    chart.current = made;
    const observer = new ResizeObserver(() =>
      made.setSize({ width: element.clientWidth, height: made.height }),
    );
    observer.observe(element);
    return () => {
      observer.disconnect();
      made.destroy();
      chart.current = null;
    };
  }, [lines, isLog, height, onRange, formatX, formatY, formatTick, isLogX, isSparse, bands, theme]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: range, the scale asks for it anew
  useEffect(() => {
    chart.current?.setData(data);
  }, [data, range]);

  return (
    <div className={styles.plot}>
      {hasLegend && <Legend lines={lines} />}
      <p className={styles.readout} aria-hidden="true">
        {index === null ? "" : readings(data, index, options)}
      </p>
      <div ref={host} role="img" aria-label={summary} />
    </div>
  );
}

function Legend({ lines }: { readonly lines: readonly Line[] }) {
  return (
    <ul className={styles.legend}>
      {lines
        .filter(({ isEdge }) => !isEdge)
        .map((line) => (
          <li key={line.name}>
            <Swatch line={line} />
            {line.name}
          </li>
        ))}
    </ul>
  );
}

/** "step 120 · raw 0.61 · smoothed 0.58", at the cursor. */
function readings(data: uPlot.AlignedData, index: number, options: PlotOptions): string {
  const [x, ...ys] = data;
  const { lines, isSparse, formatX, formatY } = options;
  const parts = lines.flatMap(({ name, isEdge }, i) => {
    const place = isSparse ? nearestPoint(ys[i], index) : index;
    return isEdge || place === null ? [] : [`${name} ${formatY(ys[i]?.[place] ?? null)}`];
  });
  return [formatX(x[index] ?? 0), ...parts].join(" · ");
}
