import { useMemo } from "react";
import type { RunRecord } from "#run/store/records.ts";
import {
  describeEvaluations,
  type EvaluationKey,
  evaluationCurveOf,
  formatX,
} from "#state/charts/curves.ts";
import { scoreName } from "#state/run/score.ts";
import {
  formatCount,
  formatPercent,
  formatPercentTick,
  formatReading,
  formatTick,
} from "#state/text/format.ts";
import { ChartFrame } from "./ChartFrame.tsx";
import type { Line } from "./createPlot.ts";
import type { ChartProps } from "./LossChart.tsx";
import { Plot } from "./Plot.tsx";

const LOOKS = {
  score: {
    format: formatPercent,
    tick: formatPercentTick,
    color: "--series-accuracy",
  },
  loss: {
    format: formatReading,
    tick: formatTick,
    color: "--series-loss",
  },
};

interface EvaluationChartProps extends ChartProps {
  readonly metric: EvaluationKey;
  readonly record: RunRecord | undefined;
}

/** Rows the model never trains on, against what it answered before training. */
export function EvaluationChart({
  series,
  options,
  onRange,
  metric,
  record,
}: EvaluationChartProps) {
  const { axis, range, isLog } = options;
  const { evaluations } = series;
  const { format, tick, color } = LOOKS[metric];
  const best = record?.best;
  const majority = metric === "score" ? record?.majority : undefined;
  const lines = useMemo(
    () => linesIn(color, best?.step, majority?.label),
    [color, best?.step, majority?.label],
  );
  const data = useMemo(() => {
    const ground = { ...(best && { best }), ...(majority && { majority }) };
    const curve = evaluationCurveOf(series, metric, axis, ground);
    const { x, y, before, best: bestPoint, majority: level } = curve;
    return [
      [...x],
      [...y],
      [...before],
      ...(best ? [[...bestPoint]] : []),
      ...(majority ? [[...level]] : []),
    ] satisfies [number[], ...unknown[]];
  }, [series, metric, axis, best, majority]);
  return (
    <ChartFrame
      title={metric === "score" ? `Held-out ${scoreName(evaluations[0])}` : "Held-out loss"}
      isEmpty={evaluations.length === 0}
    >
      <Plot
        summary={describeEvaluations(evaluations, metric, record)}
        data={data}
        lines={lines}
        isLog={isLog && metric === "loss"}
        range={range ?? options.extent}
        height={200}
        onRange={onRange}
        formatX={formatX[axis]}
        formatY={format}
        formatTick={tick}
      />
    </ChartFrame>
  );
}

/** In the order of the columns. A best step is marked by the loss, also where accuracy is drawn. */
function linesIn(
  color: string,
  bestStep: number | undefined,
  majorityLabel: string | undefined,
): readonly Line[] {
  const lines: Line[] = [
    { name: "tuned", color, hasPoints: true },
    { name: "before training", color: "--chart-text", isDashed: true },
  ];
  if (bestStep !== undefined) {
    const name = `best, step ${formatCount(bestStep)}`;
    lines.push({ name, color: "--series-gradient", hasNoLine: true, marker: DIAMOND });
  }
  if (majorityLabel !== undefined) {
    lines.push({ name: `always “${majorityLabel}”`, color: "--chart-text", dash: [2, 4] });
  }
  return lines;
}

/** Over the point, larger than it. */
const DIAMOND = "M0-7L6 0L0 7L-6 0Z";
