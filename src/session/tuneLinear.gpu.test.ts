import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readShaders } from "#entry/node/gpu.ts";
import { type Device, openDevice } from "#gpu/device.ts";
import { cardsOf, defaultChoice, linearClasses } from "#model/linearChoice.ts";
import { linearQuad, linearShared, linearSharedPacked, linearTile } from "#model/linearKernels.ts";
import { oddConfig } from "#model/testing/configs.ts";
import { oneDeviceGpu } from "./testing/gpus.ts";
import { type TuneParts, type Tuning, tuneLinear } from "./tuneLinear.ts";

const sources = readShaders();
// As small as the kernels can be: emulated workgroup memory is slow.
const config = oddConfig({ num_attention_heads: 2, hidden_size: 16, ffn_dim: 32 });
let device: Device;
let dispatched = 0;
let passes: GPUComputePassEncoder;
let dispatchWorkgroups: GPUComputePassEncoder["dispatchWorkgroups"];
beforeAll(async () => {
  device = await openDevice(oneDeviceGpu());
  passes = Object.getPrototypeOf(device.device.createCommandEncoder().beginComputePass());
  ({ dispatchWorkgroups } = passes);
  passes.dispatchWorkgroups = function counted(...counts) {
    dispatched++;
    return dispatchWorkgroups.apply(this, counts);
  };
});
afterAll(() => {
  passes.dispatchWorkgroups = dispatchWorkgroups;
});

/**
 * Returns the parts of a tuning by a clock that advances by `dispatchMs` with every dispatch and by
 * `lookMs` with every reading. A dispatch that takes longer than the shortest repetition that counts
 * keeps the number of dispatches low.
 */
function parts({ dispatchMs, lookMs }: { dispatchMs: number; lookMs: number }): TuneParts {
  let looked = 0;
  const begun = dispatched;
  const now = () => {
    looked += lookMs;
    return looked + (dispatched - begun) * dispatchMs;
  };
  return { device, sources, config, dtype: "f32", headColumns: 24, now };
}

/** Time for every kernel on every class. */
const enough = { dispatchMs: 4, lookMs: 0.1 };
/** Time for the kernels on the first class. */
const little = { dispatchMs: 80, lookMs: 1 };

describe("with time for every kernel", () => {
  const told: number[] = [];
  let tuning: Tuning;
  beforeAll(async () => {
    const onProgress = (done: number, total: number) => told.push(done / total);
    tuning = await tuneLinear({ ...parts(enough), dtype: "f16", onProgress });
  });

  test("every kernel is tried, and the fastest of a class is reported with its rate", () => {
    expect(tuning.refused).toEqual([]);
    expect(linearClasses.filter((name) => tuning.gflops[name]! > 0)).toHaveLength(9);
    expect(told).toEqual([...told].sort((a, b) => a - b));
    expect(told.at(-1)).toBe(1);
  });

  test("a kernel for f16 weights is chosen only if it is at least as fast", () => {
    const { choice, gflops } = tuning;
    for (const name of linearClasses) {
      const card = choice[`${name}.halves`];
      expect(card?.weights).toBe(card && "f16");
      if (card) expect(gflops[`${name}.halves`]).toBeGreaterThanOrEqual(gflops[name]!);
    }
  });
});

test("a kernel with wrong results is reported and never chosen, however fast it is", async () => {
  const include = '#include "lib/weights_f32.wgsl"';
  const text = sources.get(linearQuad.file)!;
  expect(text).toContain(include);
  const load = sources.get("lib/weights_f32.wgsl")!.replaceAll("w[at", "0.5 * w[at");
  const wrong = new Map(sources).set(linearQuad.file, text.replace(include, load));
  const { choice, refused } = await tuneLinear({ ...parts(little), sources: wrong });
  expect(refused).toEqual([expect.stringMatching(/^linear_quad is off by .*1e-5 is allowed\.$/)]);
  expect(cardsOf(choice)).not.toContain(linearQuad);
});

test("a kernel that does not compile is reported and left out", async () => {
  const broken = new Map(sources).set(linearTile.file, "fn main( {");
  const { choice, refused } = await tuneLinear({ ...parts(little), sources: broken });
  expect(refused).toEqual([expect.stringContaining("linear_tile.wgsl could not be built")]);
  expect(cardsOf(choice)).not.toContain(linearTile);
});

test("a kernel for f16 weights with wrong results is reported", async () => {
  const text = sources.get(linearSharedPacked.file)!;
  const wrong = text.replace("words.x)", "words.y)");
  expect(wrong).not.toBe(text);
  const { refused } = await tuneLinear({
    ...parts(little),
    dtype: "f16",
    sources: new Map(sources).set(linearSharedPacked.file, wrong),
  });
  expect(refused).toEqual([expect.stringMatching(/^linear_shared_packed is off by/)]);
});

test("if time ran out before anything was measured, the default kernels are chosen", async () => {
  const { choice, gflops } = await tuneLinear(parts({ dispatchMs: 1, lookMs: 5000 }));
  expect(gflops).toEqual({});
  expect(choice).toEqual(defaultChoice(device.info));
});

test("with a width that is no multiple of four, only kernels that allow it are tried", async () => {
  const odd = { ...config, hiddenSize: 66, wordEmbedProjDim: 66 };
  const { choice } = await tuneLinear({ ...parts(little), config: odd });
  for (const card of cardsOf(choice)) expect(card.innerMultiple).toBe(1);
  expect(linearShared.innerMultiple).toBe(1);
});
