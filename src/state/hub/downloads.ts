import type { RunReport } from "#session/reports.ts";
import { formatCount, formatReading } from "../text/format.ts";

/** Weights that can be downloaded; `at` is left out for those on the GPU. */
export interface WeightsChoice {
  readonly name: string;
  readonly at?: "best" | "last";
}

export interface DownloadChoices {
  /** The first one is what most people want: the best, as MeZO takes it. */
  readonly choices: readonly [WeightsChoice, ...WeightsChoice[]];
  /** Why that one; null where there is no choice. */
  readonly reason: string | null;
}

/** Which weights of a run there are to be had: the best, the last, and those gone back to. */
export function downloadChoices({ record, travelledTo }: RunReport): DownloadChoices {
  const { best, step: last } = record;
  const hasTwo = best !== undefined && best.step !== last;
  const choices: WeightsChoice[] = [];
  if (hasTwo) {
    choices.push({ name: `the best (step ${formatCount(best.step)})`, at: "best" });
    choices.push({ name: `the last (step ${formatCount(last)})`, at: "last" });
  } else {
    choices.push({ name: "model", at: "last" });
  }
  if (travelledTo !== null && travelledTo !== best?.step) {
    choices.push({ name: `step ${formatCount(travelledTo)}` });
  }
  const [first = { name: "model" }, ...others] = choices;
  const reason = best
    ? `Step ${formatCount(best.step)} has the lowest held-out loss, ${formatReading(best.loss)}` +
      (hasTwo ? "." : ", and is the last one.")
    : null;
  return { choices: [first, ...others], reason };
}
