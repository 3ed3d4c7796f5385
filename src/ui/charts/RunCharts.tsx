import { useState } from "react";
import { type CurveOptions, extentOf, type Range } from "#state/charts/curves.ts";
import type { RunSeries } from "#state/charts/runSeries.ts";
import { useAppState, useRunSeries } from "#state/hooks.ts";
import styles from "./Charts.module.css";
import { ChartTable } from "./ChartTable.tsx";
import { ChartToolbar } from "./ChartToolbar.tsx";
import { EvaluationChart } from "./EvaluationChart.tsx";
import { GradientChart } from "./GradientChart.tsx";
import { GradientHistogram } from "./GradientHistogram.tsx";
import { LossChart } from "./LossChart.tsx";
import { LossPairChart } from "./LossPairChart.tsx";
import { MethodPanels } from "./MethodPanels.tsx";

/** All curves of a run on one shared horizontal axis. */
export function RunCharts({ runId }: { readonly runId: string }) {
  const live = useRunSeries(runId);
  const { axis, smoothing, isLog } = useAppState((state) => state.preferences);
  const record = useAppState(({ reports }) => reports[runId]?.record);
  const [range, setRange] = useState<Range | null>(null);
  const [frozen, setFrozen] = useState<RunSeries | null>(null);
  const series = frozen ?? live;
  const extent = extentOf(series, axis);
  const options: CurveOptions = { axis, smoothing, isLog, range, extent };
  const props = { series, options, onRange: setRange };
  return (
    <div className={styles.charts}>
      <ChartToolbar
        range={range}
        extent={extent}
        onRange={setRange}
        freeze={{
          isFrozen: frozen !== null,
          onFreeze: () => setFrozen(frozen ? null : live),
        }}
      />
      <LossChart {...props} />
      <div className={styles.pair}>
        <EvaluationChart {...props} metric="score" record={record} />
        <EvaluationChart {...props} metric="loss" record={record} />
      </div>
      <MethodPanels {...props} runId={runId} />
      <LossPairChart {...props} />
      <div className={styles.pair}>
        <GradientChart {...props} />
        <GradientHistogram series={series} />
      </div>
      <ChartTable series={series} smoothing={smoothing} />
    </div>
  );
}
