import { ZerothError } from "#base/errors.ts";
import { evaluateUnless, measuresOf } from "#run/evaluation/evaluation.ts";
import { type Desk, evaluating, runOf, runsOf } from "./desk.ts";
import { restoreWeights } from "./starting.ts";

/**
 * The weights of a past step on the GPU, rebuilt from a snapshot before it and the journal; null
 * brings back the last step's. Held-out rows are scored there, unless that is cancelled.
 *
 * @throws ZerothError E-RUN-1 for a step the run has not reached
 */
export async function travelTo(desk: Desk, step: number | null): Promise<void> {
  const run = runOf(desk);
  const to = step ?? run.steps.length;
  await moveTo(desk, to);
  const { dev } = run.ground.data.inspection;
  if (run.travelledTo === null || dev.length === 0) return;
  const started = desk.env.now();
  const scored = await evaluateUnless(run.ground.opt, dev, {
    ...run.judging,
    ...evaluating(desk, "Evaluating on held-out rows", dev.length),
  });
  if (!scored) return;
  run.keepAnswers(to, scored);
  const seconds = (desk.env.now() - started) / 1000;
  const forwardPasses = run.history()[to - 1]?.forwardPasses ?? 0;
  const evaluation = { step: to, ...measuresOf(scored), seconds, forwardPasses };
  desk.env.emit({ type: "travelled", runId: run.record.id, evaluation });
}

/** As `travelTo`, without a look at the rows. */
export async function moveTo(desk: Desk, to: number): Promise<void> {
  const run = runOf(desk);
  const last = run.steps.length;
  if (!Number.isInteger(to) || to < 0 || to > last) {
    throw new ZerothError("E-RUN-1", `Step ${to} was never reached; the run has ${last} steps.`);
  }
  const runs = await runsOf(desk);
  const { snapshots } = await runs.loadRun(run.record.id);
  await restoreWeights(desk, runs, run.ground, run.record, run.steps.slice(0, to), snapshots);
  run.travelledTo = to === last ? null : to;
  run.report();
}

/** Before a run goes on: its last weights, wherever one has travelled. */
export async function comeHome(desk: Desk): Promise<void> {
  if (desk.run && desk.run.travelledTo !== null) await moveTo(desk, desk.run.steps.length);
}
