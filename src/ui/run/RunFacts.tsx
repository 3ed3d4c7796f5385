import type { RunReport } from "#session/reports.ts";
import { lastOf } from "#state/charts/runSeries.ts";
import {
  memoryStack,
  stepTimeText,
  timeSource,
  timeStack,
  totalBytes,
} from "#state/charts/stacks.ts";
import { useRunSeries } from "#state/hooks.ts";
import { activeShareText } from "#state/run/methodCost.ts";
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatEstimate,
  formatRate,
  formatTime,
  UNKNOWN,
} from "#state/text/format.ts";
import { StackedBar } from "../charts/StackedBar.tsx";
import { Facts } from "../parts/Facts.tsx";
import styles from "./Run.module.css";

/** What is measured while a run goes on; a dash where nothing has been measured. */
export function RunFacts({ report }: { readonly report: RunReport }) {
  const { record, totalSteps, stepsPerSecond, tokensPerSecond, etaSeconds } = report;
  const { savedAt, savedStep } = report;
  const last = lastOf(useRunSeries(record.id));
  return (
    <section className={styles.strip} aria-label="Measured">
      <Facts
        items={[
          { name: "Steps a second", value: formatRate(stepsPerSecond) },
          { name: "Tokens a second", value: formatRate(tokensPerSecond) },
          {
            name: "Time left",
            value: record.step < totalSteps ? formatEstimate(etaSeconds) : UNKNOWN,
            title: "Steps left at the present rate; told once ten steps have been timed",
          },
          {
            name: "Trained for",
            value: formatDuration(record.seconds),
            title: "Pauses are not counted",
          },
          {
            name: "Moves in a step",
            value: activeShareText(report.activeShare),
            title: "Share of the parameters that take part in a step",
          },
          { name: "Forward passes", value: formatCount(last?.forwardPasses) },
          {
            name: "Last saved",
            value: savedAt === null ? UNKNOWN : `step ${formatCount(savedStep)}`,
            title: `Confirmed by the browser's storage at ${formatTime(savedAt)}`,
          },
        ]}
      />
      <p className={styles.soft}>
        {record.adapter}
        {savedAt !== null && ` · saved at ${formatTime(savedAt)}`}
      </p>
      <Costs gpuBytes={report.gpuBytes} {...(report.timing ? { timing: report.timing } : {})} />
    </section>
  );
}

/** Where a step's time and the GPU's memory go. */
function Costs({ gpuBytes, timing }: Pick<RunReport, "gpuBytes" | "timing">) {
  const memory = memoryStack(gpuBytes);
  if (memory.length === 0) return null;
  return (
    <div className={styles.costs}>
      {timing && (
        <StackedBar
          title="Time of a step"
          total={stepTimeText(timing)}
          parts={timeStack(timing)}
          note={timeSource(timing)}
        />
      )}
      <StackedBar
        title="GPU memory"
        total={formatBytes(totalBytes(gpuBytes))}
        parts={memory}
        note="As allocated"
      />
    </div>
  );
}
