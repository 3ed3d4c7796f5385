// Prints as JSON how every kernel compares with its twin on the driver of this process. Tests run it in
// a process per driver: src/reference/testing/drivers.ts
import { createHash } from "node:crypto";
import type { Card } from "#gpu/card.ts";
import { openDevice } from "#gpu/device.ts";
import { compileKernel, type Kernel } from "#gpu/kernel.ts";
import { kernels } from "#gpu/kernels.gen.ts";
import { nodeGpu, readShaders } from "../../entry/node/gpu.ts";
import type { Twin, TwinCase } from "../twin.ts";
import { compare, type Difference } from "./compare.ts";
import { findTwins } from "./findTwins.ts";
import { runCase } from "./runCase.ts";

/** One output of one case, on one driver. */
export interface OutputReport extends Difference {
  readonly card: string;
  readonly case: string;
  readonly output: string;
  /** No bit may differ on any adapter. */
  readonly isExact: boolean;
  readonly hash: string;
}

export interface KernelReport {
  readonly adapter: string;
  readonly outputs: readonly OutputReport[];
  /** Cards of kernels this adapter lacks a feature for. */
  readonly skipped: readonly string[];
}

const shaders = readShaders();
const { device, info } = await openDevice(nodeGpu());
const report: KernelReport = {
  adapter: info.description,
  ...(await reportTwins()),
};
// JSON has no infinity.
const text = JSON.stringify(report, (_, value) => (value === Infinity ? Number.MAX_VALUE : value));
device.destroy();
process.stdout.write(text, () => process.exit(0));

async function reportTwins() {
  const outputs: OutputReport[] = [];
  const skipped: string[] = [];
  for (const twin of await findTwins()) {
    const card = kernels.find(({ name }) => name === twin.card);
    if (!card) continue; // reported by a test
    if (card.features.some((feature) => !device.features.has(feature))) skipped.push(card.name);
    else outputs.push(...(await reportTwin(card, twin)));
  }
  return { outputs, skipped };
}

async function reportTwin(card: Card, twin: Twin): Promise<OutputReport[]> {
  const compiled = new Map<string, Promise<Kernel>>();
  const outputs: OutputReport[] = [];
  for (const testCase of twin.cases()) {
    const key = JSON.stringify(testCase.overrides);
    const kernel = compiled.get(key) ?? compileKernel(device, shaders, card, testCase.overrides);
    compiled.set(key, kernel);
    outputs.push(...(await reportCase(await kernel, twin, testCase)));
  }
  return outputs;
}

async function reportCase(kernel: Kernel, twin: Twin, testCase: TwinCase) {
  const actual = await runCase(device, kernel, testCase);
  const expected = twin.run(testCase);
  const bound = twin.bound(testCase);
  return [...actual].map(([output, bytes]): OutputReport => {
    const wanted = expected[output];
    if (!wanted) throw new Error(`The twin "${twin.card}" has no output "${output}".`);
    return {
      card: twin.card,
      case: testCase.name,
      output,
      isExact: bound.absolute === 0 && bound.relative === 0,
      hash: createHash("sha256").update(new Uint8Array(bytes)).digest("hex").slice(0, 16),
      ...compare(wanted, bytes, bound),
    };
  });
}
