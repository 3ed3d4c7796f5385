import type { EvaluationRecord, RunRecord, StepRecord } from "../store/records.ts";

/** What is written down of a run. */
export interface Log {
  readonly record: RunRecord;
  readonly steps: readonly StepRecord[];
  readonly evaluations: readonly EvaluationRecord[];
}

type LogLine = Readonly<Record<string, number | boolean | null>>;

/** Columns of a run's log, in Hugging Face's and MeZO's names where they have one. */
const columns = [
  "step",
  "loss",
  "loss_plus",
  "loss_minus",
  "projected_grad",
  "learning_rate",
  "forward_passes",
  "tokens",
  "seconds",
  "eval_loss",
  "eval_accuracy",
  "eval_f1",
  "eval_n",
] as const;

/** A line per step or evaluation. What is not a number is written as null. */
export function logAsJsonl(log: Log): string {
  return logLines(log)
    .map((line) => `${JSON.stringify(line)}\n`)
    .join("");
}

/** RFC 4180, `.` decimals, every digit an f32 has; an empty field where a line has no such value. */
export function logAsCsv(log: Log): string {
  const rows = logLines(log).map((line) =>
    columns.map((name) => String(line[name] ?? "")).join(","),
  );
  return [columns.join(","), ...rows, ""].join("\r\n");
}

/** What another run needs to start alike. */
export function settingsFile({ name, settings, task, modelName, data }: RunRecord): string {
  const file = { schema: "zeroth-run/1", name, model: modelName, settings, task, data };
  return `${JSON.stringify(file, null, 2)}\n`;
}

/** Returns the fields that every log has of a step, in Hugging Face's and MeZO's names. */
export function stepFields(step: StepRecord) {
  return {
    step: step.step,
    loss: step.loss,
    loss_plus: step.lossPlus,
    loss_minus: step.lossMinus,
    projected_grad: step.projectedGrad,
    learning_rate: step.learningRate,
    forward_passes: step.forwardPasses,
    tokens: step.tokens,
  };
}

function logLines({ steps, evaluations }: Log): LogLine[] {
  const evaluationLines = evaluations.map((evaluation) => ({
    step: evaluation.step,
    forward_passes: evaluation.forwardPasses,
    eval_loss: evaluation.loss,
    eval_accuracy: evaluation.accuracy,
    ...(evaluation.f1 === undefined ? {} : { eval_f1: evaluation.f1 }),
    eval_n: evaluation.n,
  }));
  const stepLines = steps.map((step) => ({
    ...stepFields(step),
    seconds: step.seconds,
    ...(step.notFinite ? { not_finite: true } : {}),
  }));
  return [...stepLines, ...evaluationLines].sort((a, b) => a.step - b.step);
}
