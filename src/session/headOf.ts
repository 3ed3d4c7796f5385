import { headLabelCount } from "#data/tasks/scoreHead.ts";
import type { TaskSpec } from "#data/tasks/task.ts";
import type { HeadStart } from "#model/head.ts";
import type { RunSettings } from "#zo/commonSettings.ts";

/** The score head a run asks for; null where words stand for its labels. */
export function headOf(task: TaskSpec, settings: RunSettings): HeadStart | null {
  const labels = headLabelCount(task);
  return labels === null ? null : { labels, seed: settings.seed };
}
