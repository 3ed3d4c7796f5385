import { ZerothError } from "#base/errors.ts";
import { taskDefinition } from "#data/tasks/index.ts";
import { inHeadOrder, scoreHeadTask } from "#data/tasks/scoreHead.ts";
import type { TaskSpec } from "#data/tasks/task.ts";
import { labelNames } from "#model/config.ts";
import { readTable } from "./files.ts";
import type { Arguments } from "./flags.ts";
import { type OpenedFolder, taskFrom } from "./open.ts";

/**
 * The task the flags describe. With `--head` it is asked without words: texts as they stand, labels by
 * a score head; a built-in task then takes its labels from the rows at `path`.
 */
export async function readTask(
  args: Arguments,
  { config, checkpoint }: OpenedFolder,
  path: string,
): Promise<TaskSpec> {
  const task = taskFrom(args, config);
  const { flags, hasHead } = args;
  if (!hasHead) return task;
  if (flags["words"] !== undefined) {
    throw new ZerothError("E-CLI-2", "--head tells labels apart without words; leave out --words.");
  }
  const names = labelNames(checkpoint.config);
  if (!("task" in task)) {
    const template = flags["template"] ?? "{text}";
    return inHeadOrder({ ...task, template, words: [], head: true }, names);
  }
  const table = await readTable(path);
  return inHeadOrder(scoreHeadTask(taskDefinition(task.task), table, task), names);
}
