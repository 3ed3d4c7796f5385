import type { EncodedExample, TaskSpec } from "#data/tasks/task.ts";
import type { Majority } from "../store/records.ts";

/**
 * Returns the accuracy of always predicting one label on the validation set: the most frequent label there, and
 * the most frequent one of the training set. Undefined if options are not labels or there is no validation set.
 */
export function majorityOf(
  task: Pick<TaskSpec, "kind" | "labels" | "words">,
  train: readonly EncodedExample[],
  dev: readonly EncodedExample[],
): Majority | undefined {
  if (task.kind !== "classification" || dev.length === 0) return undefined;
  const devCounts = countAnswers(dev);
  const most = mostFrequent(devCounts);
  const usual = mostFrequent(countAnswers(train));
  if (most === undefined || usual === undefined) return undefined;
  const nameOf = (answer: number) => task.labels[answer] ?? task.words[answer]?.trim() ?? "";
  const shareOf = (answer: number) => (devCounts.get(answer) ?? 0) / dev.length;
  return {
    label: nameOf(most),
    share: shareOf(most),
    trainLabel: nameOf(usual),
    trainShare: shareOf(usual),
  };
}

function countAnswers(examples: readonly EncodedExample[]): ReadonlyMap<number, number> {
  const counts = new Map<number, number>();
  for (const { answer } of examples) counts.set(answer, (counts.get(answer) ?? 0) + 1);
  return counts;
}

/** In a tie, returns the label that comes first in the task. */
function mostFrequent(counts: ReadonlyMap<number, number>): number | undefined {
  return [...counts].sort(([a, m], [b, n]) => n - m || a - b)[0]?.[0];
}
