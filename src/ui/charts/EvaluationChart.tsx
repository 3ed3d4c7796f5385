import { useMemo } from "react";
import {
  describeEvaluations,
  type EvaluationKey,
  evaluationCurveOf,
  formatX,
} from "#state/curves.ts";
import { formatPercent, formatPercentTick, formatReading, formatTick } from "#state/format.ts";
import { scoreName } from "#state/score.ts";
import { ChartFrame } from "./ChartFrame.tsx";
import type { Line } from "./createPlot.ts";
import type { ChartProps } from "./LossChart.tsx";
import { Plot } from "./Plot.tsx";

const LOOKS = {
  score: {
    format: formatPercent,
    tick: formatPercentTick,
    lines: linesIn("--series-accuracy"),
  },
  loss: {
    format: formatReading,
    tick: formatTick,
    lines: linesIn("--series-loss"),
  },
};

interface EvaluationChartProps extends ChartProps {
  readonly metric: EvaluationKey;
}

/** Rows the model never trains on, against what it answered before training. */
export function EvaluationChart({ series, options, onRange, metric }: EvaluationChartProps) {
  const { axis, range, isLog } = options;
  const { evaluations } = series;
  const { format, tick, lines } = LOOKS[metric];
  const title = metric === "loss" ? "Held-out loss" : `Held-out ${scoreName(evaluations[0])}`;
  const data = useMemo(() => {
    const { x, y, before } = evaluationCurveOf(series, metric, axis);
    return [[...x], [...y], [...before]] satisfies [number[], ...unknown[]];
  }, [series, metric, axis]);
  return (
    <ChartFrame title={title} isEmpty={evaluations.length === 0}>
      <Plot
        summary={describeEvaluations(evaluations, metric)}
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

function linesIn(color: string): readonly Line[] {
  return [
    { name: "tuned", color, hasPoints: true },
    { name: "before training", color: "--chart-text", isDashed: true },
  ];
}
