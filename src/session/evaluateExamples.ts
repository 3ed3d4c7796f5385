import { ZerothError } from "#base/errors.ts";
import { evaluateUnless } from "#run/evaluation/evaluation.ts";
import { type Answers, exampleResults } from "#run/evaluation/examples.ts";
import type { ActiveRun } from "./activeRun.ts";
import type { CommandOf } from "./protocol.ts";
import { withBaseWeights } from "./restoreWeights.ts";
import { evaluationProgress, type SessionState } from "./state.ts";

/**
 * Reports the answer to every example of the validation set at the current weights, then once more beside
 * the base model's answers. If it is cancelled, the first report remains.
 *
 * @throws ZerothError E-DATA-6 without a validation set
 */
export async function evaluateExamples(session: SessionState): Promise<void> {
  const run = session.workspace.requireRun();
  const { dev } = run.context.data.inspection;
  if (dev.length === 0) {
    throw new ZerothError(
      "E-DATA-6",
      "There is no validation set, so there is nothing to evaluate. Open data with one and start a new run.",
    );
  }
  const step = run.stepOnGpu;
  const answers =
    run.answersAt(step) ?? (await score(session, run, "Evaluating the validation set"));
  if (!answers) return;
  run.rememberAnswers(step, answers);
  report(run, step, answers);
  if (run.answersAt(0) || session.schedule.isCancelled) return;
  const base = await withBaseWeights(session, () =>
    score(session, run, "Evaluating the base model"),
  );
  if (!base) return;
  run.rememberAnswers(0, base);
  report(run, step, answers);
}

/** Reports the mean loss of a set at the weights on the GPU, as in training. Nothing if it is cancelled. */
export async function measureLoss(
  session: SessionState,
  { part }: CommandOf<"measureLoss">,
): Promise<void> {
  const { env, workspace } = session;
  const run = workspace.requireRun();
  const { model, data } = run.context;
  const examples = data.inspection[part];
  const progress = evaluationProgress(session, "Measuring the loss", examples.length);
  const { isPerToken } = run;
  const evaluation = await evaluateUnless(model, examples, { ...progress, isPerToken });
  if (!evaluation) return;
  const { loss } = evaluation;
  env.emit({ type: "loss", runId: run.id, part, step: run.stepOnGpu, loss });
}

function report(run: ActiveRun, step: number, answers: Answers): void {
  const { data, opened } = run.context;
  const rows = exampleResults({
    answers,
    tokenizer: opened.tokenizer,
    table: data.inspection.tables.dev,
    task: data.inspection.summary.task,
    examples: data.inspection.dev,
    before: step === 0 ? undefined : run.answersAt(0),
  });
  run.env.emit({ type: "examples", runId: run.id, examples: { step, rows } });
}

async function score(
  session: SessionState,
  run: ActiveRun,
  label: string,
): Promise<Answers | null> {
  const { model, data, opened } = run.context;
  const { dev } = data.inspection;
  const progress = evaluationProgress(session, label, dev.length);
  return evaluateUnless(model, dev, { ...progress, tokenizer: opened.tokenizer });
}
