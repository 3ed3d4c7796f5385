import { encodeOptions } from "#data/examples/encode.ts";
import { packAll } from "#data/examples/packing.ts";
import { rowAsWritten } from "#data/tasks/columns.ts";
import type { EncodedExample } from "#data/tasks/task.ts";
import type { Model } from "#model/model.ts";
import { evaluate, optionProbabilities } from "#run/evaluation/evaluation.ts";
import { evaluationCapacity } from "#run/memory/capacity.ts";
import type { CommandOf } from "./protocol.ts";
import { withBaseWeights } from "./restoreWeights.ts";
import type { SessionState } from "./state.ts";

/** Reports the probability of each label or option for these column values, before and after training. */
export async function predict(
  session: SessionState,
  { values }: CommandOf<"predict">,
): Promise<void> {
  const run = session.workspace.requireRun();
  const { opened, model, data } = run.context;
  const { task } = data.inspection.summary;
  const { tokenizer } = opened;
  const options = encodeOptions(tokenizer, task, rowAsWritten(values));
  const example: EncodedExample = { row: 0, answer: 0, options: fitting(options, model) };
  const after = await probabilities(model, example);
  const before =
    run.lastStep === 0
      ? after
      : await withBaseWeights(session, () => probabilities(model, example));
  session.env.emit({
    type: "prediction",
    prediction: {
      values,
      options: options.map(({ ids, optionLength }, i) => ({
        label: task.labels[i] ?? "",
        // Options that differ from row to row have no label word: the text itself is shown.
        word: task.words[i] ?? (task.labels[i] ? "" : tokenizer.decode(ids.slice(-optionLength))),
        before: before[i] ?? 0,
        after: after[i] ?? 0,
      })),
    },
  });
}

async function probabilities(model: Model, example: EncodedExample): Promise<number[]> {
  const { scores } = await evaluate(model, [example]);
  return optionProbabilities(scores[0] ?? []);
}

/** The options, cut on the left until they fit the buffers of the run; BOS and the end stay. */
function fitting(options: EncodedExample["options"], model: Model): EncodedExample["options"] {
  const capacity = evaluationCapacity(model.capacity);
  const fits = (tried: EncodedExample["options"]) => {
    try {
      return packAll([{ row: 0, answer: 0, options: tried }], capacity).length === 1;
    } catch {
      return false;
    }
  };
  let tried = options;
  while (!fits(tried) && tried.some(({ ids, optionLength }) => ids.length > optionLength + 2)) {
    tried = tried.map(({ ids, optionLength }) => ({
      ids: ids.length > optionLength + 2 ? [ids[0]!, ...ids.slice(2)] : ids,
      optionLength,
    }));
  }
  return tried;
}
