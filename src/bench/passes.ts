import { type OverridesOf, packStruct } from "#gpu/card.ts";
import type { Device } from "#gpu/device.ts";
import { bind, compileKernel, type Kernel } from "#gpu/kernel.ts";
import { PassState, weightPass, weightPassWhole } from "#gpu/kernels.gen.ts";
import { Memory } from "#gpu/memory.ts";
import { philoxOverrides, SOFTWARE_PASS_THREADS } from "#model/compile.ts";
import { type NoiseKind, noiseKinds } from "#zo/noise.ts";
import { round16 } from "#zo/rounding.ts";
import { readShaders } from "../entry/node/gpu.ts";
import { openNodeDevice } from "../entry/node/open.ts";
import { median } from "./median.ts";
import { type Clock, clockFor } from "./processorTime.ts";
import { printTable } from "./table.ts";

/*
 * What does a weight pass over one matrix of OPT-125m cost, with nothing pending, one update or three,
 * and what do its variants save? They take turns, so that what else the machine does hits all alike.
 */

const weights = 768 * 768;
const chunkElements = 4096;
const repeats = 7;
const passesAtOnce = 4;
const everywhere = [0xffffffff, 0xffffffff, 1, 1];

const few = { WORKGROUP_SIZE: SOFTWARE_PASS_THREADS };
type PassCard = typeof weightPass | typeof weightPassWhole;

const variants: readonly {
  readonly name: string;
  readonly card: PassCard;
  readonly overrides: OverridesOf<PassCard>;
}[] = [
  { name: "any terms", card: weightPass, overrides: {} },
  { name: "one term", card: weightPass, overrides: { ONE_TERM: 1 } },
  { name: "one term, whole groups", card: weightPassWhole, overrides: { ONE_TERM: 1 } },
  { name: "any terms, whole, few threads", card: weightPassWhole, overrides: few },
  {
    name: "one term, whole, few threads",
    card: weightPassWhole,
    overrides: { ONE_TERM: 1, ...few },
  },
];

/** @param args kinds of noise; all if none are given */
export async function passesBench(args: readonly string[]): Promise<unknown> {
  const device = await openNodeDevice();
  const clock = clockFor(device.info);
  const rows = [];
  for (const noise of noiseKinds.filter((kind) => args.length === 0 || args.includes(kind))) {
    for (const pending of [0, 1, 3]) rows.push(await measure(device, clock, noise, pending));
    console.error(`${noise} is done.`);
  }
  const { description } = device.info;
  console.log(
    `Milliseconds of a weight pass over 768 x 768, medians of ${repeats}, ${clock.meaning} ` +
      `(${description}).`,
  );
  printTable(
    ["noise", "pending", ...variants.map(({ name }) => name)],
    rows.map(({ noise, pending, ms }) => [
      noise,
      String(pending),
      ...variants.map(({ name }) => ms[name]?.toFixed(2) ?? "not for so many"),
    ]),
  );
  return { adapter: description, clock: clock.meaning, repeats, rows };
}

async function measure(device: Device, clock: Clock, noise: NoiseKind, pending: number) {
  const memory = new Memory(device.device);
  const buffers = makeBuffers(device, memory, pending);
  const timed: { readonly name: string; readonly run: () => Promise<number>; ms: number[] }[] = [];
  for (const { name, card, overrides } of variants) {
    if (overrides.ONE_TERM === 1 && pending > 1) continue;
    const kernel = await compileKernel(device.device, readShaders(), card, {
      NOISE_KIND: noiseKinds.indexOf(noise),
      ...philoxOverrides(device.info),
      ...overrides,
    });
    const run = runner(device, memory, kernel, clock, buffers);
    await run(); // drivers finish compiling at the first use
    timed.push({ name, run, ms: [] });
  }
  for (let i = 0; i < repeats; i++) for (const one of timed) one.ms.push(await one.run());
  memory.destroy();
  const ms = Object.fromEntries(timed.map(({ name, ms: all }) => [name, median(all)]));
  return { noise, pending, ms: ms as Readonly<Partial<Record<string, number>>> };
}

function makeBuffers({ device }: Device, memory: Memory, pending: number) {
  const filled = (
    label: string,
    contents: Uint32Array<ArrayBuffer> | Float32Array<ArrayBuffer>,
  ) => {
    const buffer = memory.allocate(label, "other", contents.byteLength);
    device.queue.writeBuffer(buffer, 0, contents);
    return buffer;
  };
  const chunks: number[] = [];
  for (let at = 0; at < weights; at += chunkElements) {
    chunks.push(0, at, chunkElements, at, at, 0xffffffff, 1, 0);
  }
  const state = {
    seed_low: 1,
    seed_high: 0,
    probe_step: 9,
    probe_index: 0,
    probe_blocks_low: 0xffffffff,
    probe_blocks_high: 0xffffffff,
    probe_embeddings: 1,
    probe_enabled: 1,
    epsilon: round16(1e-3),
    update_count: pending,
    offset_count: 0,
    other_index: 0,
    other_epsilon: 0,
    mask_by_magnitude: 0,
  };
  return {
    count: chunks.length / 8,
    params: { first_chunk: 0, writes_probe: 1, stride: weights },
    bound: {
      state: memory.allocateUniform("state", packStruct(PassState, state)),
      chunks: filled("chunks", new Uint32Array(chunks)),
      terms: filled(
        "terms",
        new Uint32Array([0, 1, 2].flatMap((step) => [step, 0, step, 0, ...everywhere])),
      ),
      coefficients: filled("coefficients", new Float32Array([1e-6, 2e-6, -3e-6].map(round16))),
      thresholds: filled("thresholds", new Float32Array(4)),
      theta: memory.allocate("theta", "other", weights * 4),
      probe: memory.allocate("probe", "other", 2 * weights * 4),
    },
  };
}

function runner(
  { device }: Device,
  memory: Memory,
  kernel: Kernel<PassCard>,
  clock: Clock,
  { count, params, bound }: ReturnType<typeof makeBuffers>,
): () => Promise<number> {
  const uniform = memory.allocateUniform("params", packStruct(kernel.card.params, params));
  const group = bind(device, kernel, uniform, bound);
  return async () => {
    const started = clock.now();
    const encoder = device.createCommandEncoder();
    const pass = encoder.beginComputePass();
    pass.setPipeline(kernel.pipeline);
    pass.setBindGroup(0, group);
    for (let i = 0; i < passesAtOnce; i++) pass.dispatchWorkgroups(count);
    pass.end();
    device.queue.submit([encoder.finish()]);
    await device.queue.onSubmittedWorkDone();
    return (clock.now() - started) / passesAtOnce;
  };
}
