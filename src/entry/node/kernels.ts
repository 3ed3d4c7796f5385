import type { WeightDtype } from "#base/dtype.ts";
import { ZerothError } from "#base/errors.ts";
import { bindableBytes, type Device } from "#gpu/device.ts";
import type { ShaderSources } from "#gpu/wgsl.ts";
import type { OptConfig } from "#model/config.ts";
import { planLayout } from "#model/layout.ts";
import {
  defaultChoice,
  fromKernelRecord,
  type LinearChoice,
  onlyKernel,
} from "#model/linearChoice.ts";
import { type LinearCard, linearCards } from "#model/linearKernels.ts";
import { recordedLinear } from "#run/store/recordedLinear.ts";
import type { RunRecord, TuningRecord } from "#run/store/records.ts";
import { headColumns, measuredOnce, tuningGround } from "#session/kernelChoice.ts";
import { type Tuning, tuneLinear } from "#session/tuneLinear.ts";
import { readShaders } from "./gpu.ts";
import { openTunings, tuningFolder } from "./tunings.ts";

/** The kernels for matrix products: the one named, else those that suit the adapter and the weights. */
export function chooseLinear(device: Device, dtype: WeightDtype, name?: string): LinearChoice {
  return name === undefined ? defaultChoice(device.info, dtype) : namedLinear(name);
}

/** @throws ZerothError E-CFG-2 if there is no such kernel */
function namedLinear(name: string): LinearChoice {
  const card = linearCards.find((candidate) => candidate.name === name);
  if (card) return onlyKernel(card);
  const known = linearCards.map((candidate) => candidate.name).join(", ");
  throw new ZerothError("E-CFG-2", `There is no kernel "${name}". Choose one of ${known}.`);
}

/** The kernels a kept run was trained with, as far as they run here, unless another is named. */
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

/**
 * The kernels a new run begins with: the one named; on software adapters those of a table, so that the
 * same settings give the same weights; else the fastest by measurement, made once and told of.
 *
 * @param folder where measurements are kept
 */
export async function fastestLinear(
  device: Device,
  config: OptConfig,
  dtype: WeightDtype,
  name?: string,
  folder = tuningFolder,
): Promise<LinearChoice> {
  if (name !== undefined || device.info.isSoftware) return chooseLinear(device, dtype, name);
  const sources = readShaders();
  const ground = tuningGround(device.info, sources, config, dtype);
  const record = await measuredOnce(await openTunings(folder), ground, () =>
    measureAloud(device, config, dtype, sources),
  );
  for (const line of inWords(record, folder)) console.error(line);
  return fromKernelRecord(record.kernels) ?? defaultChoice(device.info, dtype);
}

async function measureAloud(
  device: Device,
  config: OptConfig,
  dtype: WeightDtype,
  sources: ShaderSources,
): Promise<Tuning> {
  const layout = planLayout(config, bindableBytes(device.info), dtype);
  const tell = (text: string) => process.stderr.isTTY && process.stderr.write(text);
  const tuning = await tuneLinear({
    device,
    config,
    dtype,
    sources,
    headColumns: headColumns(config, layout),
    now: () => performance.now(),
    onProgress: (done, total) => tell(`\rMeasuring this GPU ${done}/${total}`),
  });
  tell("\n");
  return tuning;
}

function inWords(record: TuningRecord, folder: string): readonly string[] {
  const { kernels, gflops, refused, milliseconds, measuredAt } = record;
  const choice = fromKernelRecord(kernels) ?? {};
  const classes = Object.entries<LinearCard>(choice).map(([name, card]) => {
    const rate = gflops[name];
    return `${name} ${card.name}${rate === undefined ? "" : ` ${rate.toFixed(1)} GFLOP/s`}`;
  });
  const when = `measured on ${measuredAt.slice(0, 10)} in ${(milliseconds / 1000).toFixed(1)} s`;
  return [
    ...refused,
    `Matrix products, ${when}: ${classes.join(", ")}.`,
    `To have them measured again, delete ${folder}.`,
  ];
}
