import { ZerothError } from "#base/errors.ts";
import { checkTask } from "#data/examples/encode.ts";
import { defaultTask } from "#data/tasks/choices.ts";
import { describeTask, type GivenTask, guessWith } from "#data/tasks/guess.ts";
import { builtInTask, taskDefinition } from "#data/tasks/index.ts";
import { inHeadOrder, scoreHeadTask, withScoreHead } from "#data/tasks/scoreHead.ts";
import type { Table, TaskSpec } from "#data/tasks/task.ts";
import { labelNames } from "#model/config.ts";
import { readTable } from "./files.ts";
import type { Arguments } from "./flags.ts";
import { limitsFrom, type OpenedFolder } from "./open.ts";

const taskFlags = ["template", "label-column", "labels", "words"] as const;

/**
 * Returns the task of the flags. What they leave out is guessed from the table at `path`, as in the page, and
 * reported on stderr. With `--head`, texts have no prompt and a score head classifies them.
 */
export async function readTask(
  args: Arguments,
  { config, checkpoint }: OpenedFolder,
  path: string,
): Promise<TaskSpec> {
  const limits = limitsFrom(args, config);
  const { flags, hasHead } = args;
  const name = flags["task"];
  const given = taskFlags.filter((flag) => flags[flag] !== undefined);
  if (name !== undefined && given[0] !== undefined) {
    throw new ZerothError(
      "E-CLI-2",
      `--task ${name} brings its own prompt; leave out --${given[0]}.`,
    );
  }
  if (hasHead && flags["words"] !== undefined) {
    throw new ZerothError("E-CLI-2", "--head classifies without label words; leave out --words.");
  }
  const names = labelNames(checkpoint.config);
  if (name !== undefined) {
    const definition = taskDefinition(name);
    if (!hasHead) return builtInTask(definition.id, limits);
    return inHeadOrder(scoreHeadTask(definition, await readTable(path), limits), names);
  }
  const table = await readTable(path);
  const task = { ...(hasHead ? headTask(table, args) : wordTask(table, args)), ...limits };
  checkTask(task, table.columns);
  const flagCount = hasHead ? taskFlags.length - 1 : taskFlags.length;
  if (given.length < flagCount) {
    console.error(
      `${describeTask(task)} Change it with --task, or with --template, --label-column, --labels ` +
        `and --words.`,
    );
  }
  return hasHead ? inHeadOrder(task, names) : task;
}

function wordTask(table: Table, args: Arguments): TaskSpec {
  const given = givenTask(args);
  return Object.keys(given).length === 0 ? defaultTask(table) : guessWith(table, given);
}

function headTask(table: Table, args: Arguments): TaskSpec {
  const given = givenTask(args);
  const { template } = given;
  const task = withScoreHead(guessWith(table, given));
  return template === undefined ? task : { ...task, template };
}

function givenTask({ flags }: Arguments): GivenTask {
  const { template, labels, words } = flags;
  const labelColumn = flags["label-column"];
  return {
    ...(template !== undefined && { template }),
    ...(labelColumn !== undefined && { labelColumn }),
    ...(labels !== undefined && { labels: labels.split("|") }),
    ...(words !== undefined && { words: words.split("|") }),
  };
}
