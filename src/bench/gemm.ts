import type { Device } from "#gpu/device.ts";
import { Memory } from "#gpu/memory.ts";
import { halfLinearCards, linearCards } from "#model/linearKernels.ts";
import type { LinearKernel } from "#model/products.ts";
import type { ProductSize } from "#session/linearBench.ts";
import { openNodeDevice } from "../entry/node/open.ts";
import { median } from "./median.ts";
import { type Clock, clockFor } from "./processorTime.ts";
import { compileLinears, filledBuffers, operationsOf, suits, timedProduct } from "./products.ts";
import { printTable } from "./table.ts";

/*
 * How fast is each kernel for matrix products, on the shapes OPT has? Kernels take turns within a
 * repetition, so that what else the machine does hits all alike.
 */

const usualTokens = [16, 64, 256, 512, 2048] as const;
/** y's columns and K, as out, fc1 and fc2 have them at widths of 64, 128, 768 and 2048. */
const shapes = [
  [64, 64] as const,
  [128, 128] as const,
  [768, 768] as const,
  [3072, 768] as const,
  [768, 3072] as const,
  [2048, 2048] as const,
  [8192, 2048] as const,
  [2048, 8192] as const,
];
const repeats = 5;
/** Products that a processor takes seconds for tell nothing that smaller ones do not. */
const mostSoftwareOperations = 4e8;

interface Row {
  readonly size: ProductSize;
  /** GFLOP/s by kernel, in the order of the repetitions. */
  readonly rates: Readonly<Record<string, readonly number[]>>;
}

/** @param args numbers of tokens; 16 to 2048 if none are given */
export async function gemmBench(args: readonly string[]): Promise<unknown> {
  const device = await openNodeDevice();
  const clock = clockFor(device.info);
  const kernels = await compileLinears(device, [...linearCards, ...halfLinearCards]);
  const most = device.info.isSoftware ? mostSoftwareOperations : Number.POSITIVE_INFINITY;
  const all = (args.length > 0 ? args.map(Number) : usualTokens).flatMap((rows) =>
    shapes.map(([outer, inner]): ProductSize => ({ rows, outer, inner })),
  );
  const sizes = all.filter((size) => operationsOf(size) <= most);
  const rows: Row[] = [];
  for (const size of sizes) {
    rows.push(await measure(device, clock, kernels, size));
    console.error(`${rows.length} of ${sizes.length}`);
  }
  const { description } = device.info;
  console.log(`GFLOP/s of y = x Wᵀ, medians of ${repeats}, ${clock.meaning} (${description}).`);
  print(kernels, rows);
  const left = all.length - sizes.length;
  if (left > 0) console.log(`${left} larger products are left out on a software adapter.`);
  return { adapter: description, clock: clock.meaning, repeats, rows };
}

async function measure(
  device: Device,
  clock: Clock,
  kernels: readonly LinearKernel[],
  size: ProductSize,
): Promise<Row> {
  const memory = new Memory(device.device);
  try {
    const buffers = filledBuffers(device, memory, size);
    const timed = [];
    for (const kernel of kernels.filter((candidate) => suits(candidate, size))) {
      timed.push(await timedProduct(device, memory, kernel, size, clock, buffers));
    }
    const rates: Record<string, number[]> = {};
    for (let i = 0; i < repeats; i++) {
      for (const { card, measure: once } of timed) {
        rates[card.name] ??= [];
        rates[card.name]!.push(await once());
      }
    }
    return { size, rates };
  } finally {
    memory.destroy();
  }
}

function print(kernels: readonly LinearKernel[], rows: readonly Row[]): void {
  const names = kernels.map(({ card }) => card.name);
  printTable(
    ["tokens", "N x K", ...names.map((name) => name.replace("linear_", "").replaceAll("_", " "))],
    rows.map(({ size, rates }) => {
      const medians = names.map((name) => (rates[name] ? median(rates[name]) : Number.NaN));
      const best = Math.max(...medians.filter((rate) => !Number.isNaN(rate)));
      return [
        String(size.rows),
        `${size.outer} x ${size.inner}`,
        ...medians.map((rate) => `${rate.toFixed(1)}${rate === best ? " *" : ""}`),
      ];
    }),
  );
}
