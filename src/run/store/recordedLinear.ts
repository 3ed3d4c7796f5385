import type { Device } from "#gpu/device.ts";
import type { OptConfig } from "#model/config.ts";
import { fromKernelRecord, type LinearChoice, runnableChoice } from "#model/linearChoice.ts";
import type { RunRecord } from "./records.ts";

/**
 * The kernels for matrix products that a run was trained with, or null if its record names none. What
 * this device cannot run, as subgroups in some browsers, is replaced.
 *
 * @param tell takes a sentence for people where something was replaced
 */
export function recordedLinear(
  { kernels }: Pick<RunRecord, "kernels">,
  { device }: Pick<Device, "device">,
  config: OptConfig,
  tell: (message: string) => void,
): LinearChoice | null {
  const recorded = fromKernelRecord(kernels);
  if (!recorded) return null;
  const { choice, lost } = runnableChoice(recorded, { features: device.features, config });
  if (lost.length > 0) {
    tell(
      `This GPU cannot run ${lost.join(", ")}, with which the run multiplied its matrices, so other ` +
        "kernels take their place: its weights are the same to the bit, but losses from here on " +
        "may differ in their last digits.",
    );
  }
  return choice;
}
