import { encodeOptions } from "#data/examples/encode.ts";
import { packAll } from "#data/examples/packing.ts";
import { rowAsWritten } from "#data/tasks/columns.ts";
import type { EncodedExample } from "#data/tasks/task.ts";
import type { Model } from "#model/model.ts";
import { evaluate, optionProbabilities } from "#run/evaluation/evaluation.ts";
import { evaluationCapacity } from "#run/memory/capacity.ts";
import { type Desk, progressTo, runOf, runsOf } from "./desk.ts";
import { restoreWeights } from "./starting.ts";

/**
 * How likely each label or option is for a person's own words, before and after training. For the value before,
 * the base weights come back for a moment; then the run's own, from its snapshot and journal, to the
 * very bits they had.
 */
export async function predict(desk: Desk, values: Readonly<Record<string, string>>): Promise<void> {
  const run = runOf(desk);
  const { model, opt, data } = run.ground;
  const { task } = data.inspection.summary;
  const { tokenizer } = model;
  const options = encodeOptions(tokenizer, task, rowAsWritten(values));
  const example: EncodedExample = { row: 0, answer: 0, options: fitting(options, opt) };
  const after = await probabilities(opt, example);
  let before = after;
  if (run.steps.length > 0) {
    await model.reload(progressTo(desk));
    before = await probabilities(opt, example);
    const runs = await runsOf(desk);
    const { snapshots } = await runs.loadRun(run.record.id);
    const steps = run.steps.slice(0, run.travelledTo ?? run.steps.length);
    await restoreWeights(desk, runs, run.ground, run.record, steps, snapshots);
  }
  desk.env.emit({
    type: "prediction",
    prediction: {
      values,
      options: options.map(({ ids, optionLength }, i) => ({
        label: task.labels[i] ?? "",
        // Options that differ from row to row have no word of their own: the text itself is shown.
        word: task.words[i] ?? (task.labels[i] ? "" : tokenizer.decode(ids.slice(-optionLength))),
        before: before[i] ?? 0,
        after: after[i] ?? 0,
      })),
    },
  });
}

async function probabilities(opt: Model, example: EncodedExample): Promise<number[]> {
  const { scores } = await evaluate(opt, [example]);
  return optionProbabilities(scores[0] ?? []);
}

/** Options cut at the left until they fit the room the run was given; BOS and the end stay. */
function fitting(options: EncodedExample["options"], opt: Model): EncodedExample["options"] {
  const capacity = evaluationCapacity(opt.capacity);
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
