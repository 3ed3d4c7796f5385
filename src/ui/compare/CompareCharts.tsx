import { useMemo, useState } from "react";
import type { SeedGroup } from "#state/charts/comparison.ts";
import type { Range } from "#state/charts/curves.ts";
import { METRICS, overlayExtent, overlayLine } from "#state/charts/overlay.ts";
import { EMPTY_SERIES } from "#state/charts/runSeries.ts";
import { useAppState } from "#state/hooks.ts";
import { toggled } from "#state/toggled.ts";
import chartStyles from "../charts/Charts.module.css";
import { ChartToolbar } from "../charts/ChartToolbar.tsx";
import { CompareLegend } from "./CompareLegend.tsx";
import { OverlayChart, type ShownLine } from "./OverlayChart.tsx";
import { lookOf } from "./runLooks.ts";

/** Each run or group of seeds as one line, in three charts on one axis. */
export function CompareCharts({ groups }: { readonly groups: readonly SeedGroup[] }) {
  const series = useAppState((state) => state.series);
  const { axis, smoothing, isLog } = useAppState((state) => state.preferences);
  const [range, setRange] = useState<Range | null>(null);
  const [hidden, setHidden] = useState<readonly string[]>([]);
  const lines: readonly ShownLine[] = useMemo(
    () =>
      groups.map(({ key, name, runs }, index) => ({
        key,
        name: runs.length > 1 ? `${name} (n = ${runs.length})` : name,
        look: lookOf(index),
        series: runs.map(({ id }) => series[id] ?? EMPTY_SERIES),
      })),
    [groups, series],
  );
  const shown = lines.filter(({ key }) => !hidden.includes(key));
  const extent = overlayExtent(
    lines.map((line) => overlayLine(line.series, "loss", axis, smoothing)),
  );
  const options = { axis, smoothing, isLog, range: range ?? extent };
  const [loss, ...heldOut] = METRICS;
  return (
    <div className={chartStyles.charts}>
      <ChartToolbar range={range} extent={extent} onRange={setRange} />
      <CompareLegend
        lines={lines}
        hidden={hidden}
        onToggle={(key) => setHidden(toggled(hidden, key))}
      />
      <OverlayChart metric={loss} lines={shown} options={options} onRange={setRange} />
      <div className={chartStyles.pair}>
        {heldOut.map((metric) => (
          <OverlayChart
            key={metric}
            metric={metric}
            lines={shown}
            options={options}
            onRange={setRange}
          />
        ))}
      </div>
    </div>
  );
}
