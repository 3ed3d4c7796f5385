import { evaluationInterval } from "../evaluation/evaluationSteps.ts";
import type { Log } from "./runLog.ts";

type LogEntry = Readonly<Record<string, number | null>>;

/**
 * `trainer_state.json` as Hugging Face's Trainer writes it, so that tools for its logs read ours.
 * Python writes a bare NaN, which is no JSON; here it is null.
 *
 * @see transformers, trainer_callback.py, TrainerState
 */
export function trainerState(log: Log): string {
  const { record, steps, evaluations } = log;
  const { settings, data } = record;
  const batchSize = settings.batchSize;
  const maxSteps = settings.steps;
  const epochOf = (step: number) => (data.trainRows > 0 ? (step * batchSize) / data.trainRows : 0);
  const history: LogEntry[] = [
    ...steps.map((step) => ({
      epoch: epochOf(step.step),
      learning_rate: step.learningRate,
      loss: finite(step.loss),
      projected_grad: finite(step.projectedGrad),
      step: step.step,
      "zo/loss_plus": finite(step.lossPlus),
      "zo/loss_minus": finite(step.lossMinus),
    })),
    ...evaluations.map(({ step, loss, accuracy, f1, n, seconds }) => ({
      epoch: epochOf(step),
      eval_accuracy: finite(accuracy),
      ...(f1 === undefined ? {} : { eval_f1: finite(f1) }),
      eval_loss: finite(loss),
      eval_runtime: finite(seconds),
      eval_samples_per_second: seconds > 0 ? finite(n / seconds) : null,
      step,
    })),
  ].sort((a, b) => a.step - b.step);
  const state = {
    best_global_step: record.best?.step ?? null,
    best_metric: record.best?.loss ?? null,
    best_model_checkpoint: null,
    epoch: epochOf(record.step),
    eval_steps: evaluationInterval(settings),
    global_step: record.step,
    is_hyper_param_search: false,
    is_local_process_zero: true,
    is_world_process_zero: true,
    log_history: history,
    logging_steps: 1,
    max_steps: maxSteps,
    num_input_tokens_seen: record.tokens,
    num_train_epochs: Math.ceil(epochOf(maxSteps)),
    save_steps: maxSteps,
    stateful_callbacks: {},
    // Nobody counted; 0 is what the Trainer writes then.
    total_flos: 0,
    train_batch_size: batchSize,
    trial_name: null,
    trial_params: null,
  };
  return `${JSON.stringify(state, null, 2)}\n`;
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
