import { ZerothError } from "#base/errors.ts";
import { evaluateUnless } from "#run/evaluation/evaluation.ts";
import { type Answers, exampleResults } from "#run/evaluation/examples.ts";
import type { ActiveRun } from "./activeRun.ts";
import { type Desk, evaluating, progressTo, runOf, runsOf } from "./desk.ts";
import { restoreWeights } from "./starting.ts";

/**
 * Every held-out row with the model's answer, at the weights as they stand; then once more with the
 * base model's answer beside it. Cancelled, it leaves what was told so far.
 *
 * @throws ZerothError E-DATA-6 where no rows are held out
 */
export async function tellExamples(desk: Desk): Promise<void> {
  const run = runOf(desk);
  const { dev } = run.ground.data.inspection;
  if (dev.length === 0) {
    throw new ZerothError("E-DATA-6", "No rows are held out, so there is nothing to evaluate.");
  }
  const step = run.travelledTo ?? run.steps.length;
  const answers = run.scored.get(step) ?? (await score(desk, run, "Evaluating on held-out rows"));
  if (!answers) return;
  run.keepAnswers(step, answers);
  tell(desk, run, step, answers);
  if (run.scored.has(0)) return;
  const base = await scoreBase(desk, run, step);
  if (!base) return;
  run.scored.set(0, base);
  tell(desk, run, step, answers);
}

function tell(desk: Desk, run: ActiveRun, step: number, answers: Answers): void {
  const { data, model } = run.ground;
  const rows = exampleResults({
    answers,
    tokenizer: model.tokenizer,
    table: data.inspection.tables.dev,
    task: data.inspection.summary.task,
    examples: data.inspection.dev,
    before: step === 0 ? undefined : run.scored.get(0),
  });
  desk.env.emit({ type: "examples", runId: run.record.id, examples: { step, rows } });
}

async function score(desk: Desk, run: ActiveRun, label: string): Promise<Answers | null> {
  const { opt, data, model } = run.ground;
  const { dev } = data.inspection;
  const options = { ...evaluating(desk, label, dev.length), tokenizer: model.tokenizer };
  return evaluateUnless(opt, dev, options);
}

/** The base weights come back for a moment; then those of the step, to the very bits they had. */
async function scoreBase(desk: Desk, run: ActiveRun, step: number): Promise<Answers | null> {
  if (desk.isCancelled) return null;
  const runs = await runsOf(desk);
  const { snapshots } = await runs.loadRun(run.record.id);
  await run.ground.model.reload(progressTo(desk));
  const scores = await score(desk, run, "Asking the model before training");
  await restoreWeights(desk, runs, run.ground, run.record, run.steps.slice(0, step), snapshots);
  return scores;
}
