import { handOverBench } from "./handOver.ts";
import { memoryBench } from "./memory.ts";
import type { BenchPlace } from "./model.ts";
import { replayBench } from "./replay.ts";
import { stepTimesBench } from "./stepTimes.ts";

/** What runs on Dawn and in a page alike. */
export const pageBenches: Readonly<
  Record<string, (place: BenchPlace, args: readonly string[]) => Promise<unknown>>
> = {
  memory: memoryBench,
  replay: replayBench,
  "step-times": stepTimesBench,
  "hand-over": handOverBench,
};
