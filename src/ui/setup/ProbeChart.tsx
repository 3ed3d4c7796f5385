import { useMemo } from "react";
import type { LearningRateProbe } from "#session/reports.ts";
import { describeProbe, probeCurve, probeRange } from "#state/setup/rateProbe.ts";
import { formatReading, formatSetting, formatTick } from "#state/text/format.ts";
import { ChartFrame } from "../charts/ChartFrame.tsx";
import chartStyles from "../charts/Charts.module.css";
import type { Line } from "../charts/createPlot.ts";
import { Plot } from "../charts/Plot.tsx";

const LINES: readonly Line[] = [
  { name: "loss after the steps", color: "--series-loss", hasPoints: true },
  { name: "loss before", color: "--chart-text", isDashed: true },
  { name: "diverged: far higher, or no number", color: "--bad", hasPoints: true, hasNoLine: true },
];

/** The loss after a few steps against the rate they were made with. */
export function ProbeChart({ probe }: { readonly probe: LearningRateProbe }) {
  const data = useMemo(() => {
    const { rates, loss, before, beyond } = probeCurve(probe);
    return [[...rates], [...loss], [...before], [...beyond]] satisfies [number[], ...unknown[]];
  }, [probe]);
  return (
    <ChartFrame
      title="Loss against learning rate"
      hint="Too small and nothing moves, too large and the loss climbs: the best lies at the bottom, a little to the left of the rise."
      isEmpty={probe.points.length === 0}
    >
      <Plot
        summary={describeProbe(probe)}
        data={data}
        lines={LINES}
        isLog={false}
        isLogX
        range={probeRange(probe)}
        height={200}
        onRange={ignoreRange}
        formatX={formatRateName}
        formatY={formatReading}
        formatTick={formatTick}
      />
      <ProbeTable probe={probe} />
    </ChartFrame>
  );
}

function ProbeTable({ probe }: { readonly probe: LearningRateProbe }) {
  return (
    <details className={chartStyles.tableBox}>
      <summary>Show rates as a table</summary>
      <section className={chartStyles.scroller} aria-label="Learning rates tried">
        <table className={chartStyles.table}>
          <thead>
            <tr>
              <th scope="col">Learning rate</th>
              <th scope="col">Loss after the steps</th>
            </tr>
          </thead>
          <tbody>
            {probe.points.map(({ learningRate, loss }) => (
              <tr key={learningRate}>
                <th scope="row">{formatSetting(learningRate)}</th>
                <td>{loss === null ? "not a number" : formatReading(loss)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  );
}

/** Nine points need no zoom. */
function ignoreRange(): void {}

function formatRateName(rate: number): string {
  return `rate ${formatSetting(rate)}`;
}
