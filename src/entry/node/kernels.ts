import { ZerothError } from "#base/errors.ts";
import type { WeightDtype } from "#base/storage.ts";
import type { Device } from "#gpu/device.ts";
import type { OptConfig } from "#model/config.ts";
import { linearCards } from "#model/kernels.ts";
import { planLayout } from "#model/layout.ts";
import {
  fromKernelRecord,
  type LinearChoice,
  onlyKernel,
  usualChoice,
} from "#model/linearChoice.ts";
import { bindableBytes } from "#model/opt.ts";
import type { RunRecord } from "#train/records.ts";
import { headColumns } from "#train/session/kernelChoice.ts";
import { type Tuning, tuneLinear } from "#train/session/tuneLinear.ts";
import { readShaders } from "./gpu.ts";

/** The kernels for matrix products: the one named, else those that suit the adapter and the weights. */
export function chooseLinear(device: Device, dtype: WeightDtype, name?: string): LinearChoice {
  return name === undefined ? usualChoice(device.info, dtype) : namedLinear(name);
}

/** @throws ZerothError E-CFG-1 if there is no such kernel */
function namedLinear(name: string): LinearChoice {
  const card = linearCards.find((candidate) => candidate.name === name);
  if (card) return onlyKernel(card);
  const known = linearCards.map((candidate) => candidate.name).join(", ");
  throw new ZerothError("E-CFG-1", `There is no kernel "${name}". Choose one of ${known}.`);
}

/** The kernels a kept run was trained with, unless another is named. */
export function linearOf(
  device: Device,
  dtype: WeightDtype,
  { kernels }: Pick<RunRecord, "kernels">,
  name?: string,
): LinearChoice {
  if (name !== undefined) return namedLinear(name);
  return fromKernelRecord(kernels) ?? usualChoice(device.info, dtype);
}

/**
 * The kernels a new run begins with: the one named; on software adapters those of a table, so that the
 * same settings give the same weights; else the fastest by measurement, which is told of.
 */
export async function fastestLinear(
  device: Device,
  config: OptConfig,
  dtype: WeightDtype,
  name?: string,
): Promise<LinearChoice> {
  if (name !== undefined || device.info.isSoftware) return chooseLinear(device, dtype, name);
  const layout = planLayout(config, bindableBytes(device.info), dtype);
  const tuning = await tuneLinear({
    ...{ device, config, dtype, sources: readShaders(), headColumns: headColumns(config, layout) },
    now: () => performance.now(),
    onProgress: (done, total) => {
      if (process.stderr.isTTY) process.stderr.write(`\rMeasuring this GPU ${done}/${total}`);
    },
  });
  if (process.stderr.isTTY) process.stderr.write("\n");
  for (const line of inWords(tuning)) console.error(line);
  return tuning.choice;
}

function inWords({ choice, gflops, refused, milliseconds }: Tuning): readonly string[] {
  const rates = new Map<string, number>(Object.entries(gflops));
  const classes = Object.entries(choice).map(([name, card]) => {
    const rate = rates.get(name);
    return `${name} ${card.name}${rate === undefined ? "" : ` ${rate.toFixed(1)} GFLOP/s`}`;
  });
  const seconds = (milliseconds / 1000).toFixed(1);
  return [...refused, `Matrix products, measured in ${seconds} s: ${classes.join(", ")}.`];
}
