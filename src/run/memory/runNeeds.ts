import type { EncodedExample } from "#data/tasks/task.ts";
import type { OptConfig } from "#model/config.ts";
import { type Layout, planLayout } from "#model/layout.ts";
import type { RunSettings } from "#zo/commonSettings.ts";
import { planCapacity } from "./capacity.ts";
import { type MemoryPlan, planRun } from "./memoryPlan.ts";

/** What decides the GPU memory of a run. */
export interface RunNeeds {
  /** With the score head the run asks for, or none. */
  readonly config: OptConfig;
  readonly settings: RunSettings;
  /** What the device can bind as one storage buffer. */
  readonly maxBindingBytes: number;
  readonly trained: readonly EncodedExample[];
  /** Sets of rows that are scored one after another: those watched, and those tested on at the end. */
  readonly evaluated: readonly (readonly EncodedExample[])[];
}

/** Everything that a run over these rows allocates, weights first, to the byte. */
export function planNeeds(needs: RunNeeds, layout = layoutOf(needs)): MemoryPlan {
  const { config, settings, maxBindingBytes, trained, evaluated } = needs;
  const batchSize = settings.batchSize;
  const scored = evaluated.flat();
  const capacity = planCapacity(config, layout, maxBindingBytes, batchSize, trained, scored);
  const sets = evaluated.map((set) =>
    set.flatMap(({ writing }) => (writing ? [writing.promptIds] : [])),
  );
  return planRun(config, layout, capacity, settings, { sets, maxBindingBytes });
}

/** Where the run's weights lie. It takes a second for the largest models, whatever the rows. */
export function layoutOf({ config, settings, maxBindingBytes }: RunNeeds): Layout {
  return planLayout(config, maxBindingBytes, settings.dtype);
}
