import type { Desk } from "./desk.ts";
import type { RunNews, RunQuestion } from "./environment.ts";
import { listRuns, viewRun } from "./storedRuns.ts";

/*
 * A tab that looks at a run another tab holds asks that tab, about once a second, for what is newer
 * than what it has. Nothing is sent where nobody asks, and the store is read only where the run has
 * changed hands: the tab that trains is neither slowed nor written to.
 */

/** What the run open here has that the asking tab has not; null where that run is not open here. */
export function newsOf({ run }: Desk, { runId, after }: RunQuestion): RunNews | null {
  if (run?.record.id !== runId) return null;
  return {
    run: run.reported(),
    steps: run.history(after),
    evaluations: run.evaluations.filter(({ step }) => step >= after),
  };
}

/**
 * A run that is looked at, brought up to date: from the tab that holds it, or from the store where it
 * has just been let go of.
 *
 * @param wasHeld what the page takes for true
 */
export async function followRun(
  desk: Desk,
  { runId, after }: RunQuestion,
  wasHeld: boolean,
): Promise<void> {
  const { env, run } = desk;
  if (run?.record.id === runId) return;
  const isHeld = (await env.locks.held()).has(runId);
  if (isHeld !== wasHeld) await listRuns(desk);
  if (!isHeld) return wasHeld ? viewRun(desk, runId) : undefined;
  const news = await env.tabs.ask({ runId, after });
  if (!news) return;
  if (news.steps.length > 0) env.emit({ type: "steps", runId, steps: news.steps });
  for (const evaluation of news.evaluations) env.emit({ type: "evaluation", runId, evaluation });
  env.emit({ type: "run", run: news.run });
}
