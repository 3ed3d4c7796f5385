import { mkdtempSync, openSync, readSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { TensorSource } from "#data/formats/tensorSource.ts";
import { allocateWeights } from "#model/weights.ts";
import { openNodeDevice } from "../entry/node/open.ts";
import { configOf } from "./randomModel.ts";
import { printTable } from "./table.ts";

/* How fast do weights come from a file onto the GPU: read, widened, checked and written? */

const repeats = 5;

export async function loadBench(): Promise<unknown> {
  const device = await openNodeDevice();
  const config = configOf(512, 8, 16_384);
  const weights = allocateWeights(device, config);
  const { table } = weights.layout;
  const folder = mkdtempSync(join(tmpdir(), "zeroth-load-"));
  const results = [];
  try {
    for (const dtype of ["F32", "F16", "BF16"] as const) {
      const width = dtype === "F32" ? 4 : 2;
      const sizeBytes = table.reduce((sum, { elements }) => sum + elements * width, 0);
      const path = join(folder, dtype);
      writeFileSync(path, new Uint8Array(sizeBytes));
      const file = openSync(path, "r");
      let at = 0;
      const tensors = table.map(({ name, shape, elements }): TensorSource => {
        const start = at;
        at += elements * width;
        const read = async (from: number, to: number) => {
          const bytes = new Uint8Array(to - from);
          readSync(file, bytes, 0, bytes.length, start + from);
          return bytes;
        };
        return { name, dtype, shape, sizeBytes: elements * width, read };
      });
      const rates: number[] = [];
      for (let i = 0; i <= repeats; i++) {
        const started = performance.now();
        await weights.load(tensors);
        rates.push(sizeBytes / 1000 / (performance.now() - started));
      }
      rates.shift();
      rates.sort((a, b) => a - b);
      results.push({ dtype, sizeBytes, rates });
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
  console.log(`From a file onto ${device.info.description}, MB of the file per second.`);
  printTable(
    ["stored as", "file", "median", "range"],
    results.map(({ dtype, sizeBytes, rates }) => [
      dtype,
      `${(sizeBytes / 1e6).toFixed(0)} MB`,
      rates[Math.floor(rates.length / 2)]!.toFixed(0),
      `${rates[0]!.toFixed(0)}–${rates.at(-1)!.toFixed(0)}`,
    ]),
  );
  return { adapter: device.info.description, results };
}
