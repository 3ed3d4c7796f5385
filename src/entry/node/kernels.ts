import type { WeightDtype } from "#base/dtype.ts";
import type { Device } from "#gpu/device.ts";
import type { OptConfig } from "#model/config.ts";
import { defaultChoice, type LinearChoice } from "#model/linearChoice.ts";
import { recordedLinear } from "#run/store/recordedLinear.ts";
import type { RunRecord } from "#run/store/records.ts";
import { namedLinear } from "#session/kernelChoice.ts";

/** Returns the kernels for matrix products: the named one, else the defaults of adapter and dtype. */
export function chooseLinear(device: Device, dtype: WeightDtype, name?: string): LinearChoice {
  return name === undefined ? defaultChoice(device.info, dtype) : namedLinear(name);
}

/** Returns the kernels that a run was trained with, as far as they run here, unless another is named. */
export function linearOf(
  device: Device,
  dtype: WeightDtype,
  config: OptConfig,
  record: Pick<RunRecord, "kernels">,
  name?: string,
): LinearChoice {
  if (name !== undefined) return namedLinear(name);
  const tell = (message: string) => console.error(message);
  return recordedLinear(record, device, config, tell) ?? defaultChoice(device.info, dtype);
}
