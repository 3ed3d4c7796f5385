import type { Progress, RunReport } from "#session/reports.ts";
import { statusWord } from "../run/runStatus.ts";
import { formatDuration } from "./format.ts";

const APP = "Zeroth";

/** "62 % · ≈ 18 min left · my run" while a run is on, so that a tab in the background still tells. */
export function pageTitle(live: RunReport | null): string {
  if (!live) return `${APP} · fine-tune OPT in your browser`;
  const { record } = live;
  const { word, isActive } = statusWord(record.status);
  if (!isActive) return `${word} · ${record.name} · ${APP}`;
  const parts = [`${runPercent(live)} %`];
  if (live.etaSeconds !== null) parts.push(`≈ ${formatDuration(live.etaSeconds)} left`);
  return [...parts, record.name, APP].join(" · ");
}

/** The planned steps as a progress. */
export function stepProgress({ record, totalSteps }: RunReport): Progress {
  return { label: "Steps", done: record.step, total: totalSteps, unit: "steps" };
}

/** Whole percent of the planned steps that are done. */
export function runPercent({ record, totalSteps }: RunReport): number {
  return totalSteps > 0 ? Math.floor((record.step / totalSteps) * 100) : 0;
}
