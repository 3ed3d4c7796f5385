import { beforeAll, expect, test } from "vitest";
import { readShaders } from "#entry/node/gpu.ts";
import { type Device, openDevice } from "#gpu/device.ts";
import { cardsOf, linearClasses, usualChoice } from "#model/linearChoice.ts";
import { linearQuad, linearShared, linearSharedPacked, linearTile } from "#model/linearKernels.ts";
import { oddConfig } from "#model/testing/configs.ts";
import { oneDeviceGpu } from "./testing/gpus.ts";
import { type TuneParts, tuneLinear } from "./tuneLinear.ts";

const sources = readShaders();
// As small as the kernels can be: emulated workgroup memory is slow.
const config = oddConfig({ num_attention_heads: 2, hidden_size: 16, ffn_dim: 32 });
let device: Device;
let dispatched = 0;
beforeAll(async () => {
  device = await openDevice(oneDeviceGpu());
  const pass = device.device.createCommandEncoder().beginComputePass();
  const passes: GPUComputePassEncoder = Object.getPrototypeOf(pass);
  const { dispatchWorkgroups } = passes;
  passes.dispatchWorkgroups = function counted(...counts) {
    dispatched++;
    return dispatchWorkgroups.apply(this, counts);
  };
});

const DISPATCH_MS = 1.5;

/**
 * By a clock that goes on with every dispatch, and by so many milliseconds at every look: half a one
 * leaves time for all classes.
 */
function parts(lookMs: number): TuneParts {
  let looked = 0;
  const begun = dispatched;
  const now = () => {
    looked += lookMs;
    return looked + (dispatched - begun) * DISPATCH_MS;
  };
  return { device, sources, config, dtype: "f32", headColumns: 24, now };
}

test("every kernel is tried, and the fastest of a class is named with its rate", async () => {
  const told: number[] = [];
  const tuning = await tuneLinear({
    ...parts(0.5),
    onProgress: (done, total) => told.push(done / total),
  });
  expect(tuning.refused).toEqual([]);
  expect(Object.keys(tuning.gflops)).toHaveLength(9);
  expect(Math.min(...Object.values(tuning.gflops))).toBeGreaterThan(0);
  expect(told).toEqual([...told].sort((a, b) => a - b));
  expect(told.at(-1)).toBe(1);
});

test("a kernel that gives wrong answers is told of and never taken, however fast it is", async () => {
  const wrong = new Map(sources);
  const text = sources.get(linearQuad.file)!;
  wrong.set(linearQuad.file, text.replace("vec2f(w[at]", "vec2f(0.5 * w[at]"));
  expect(wrong.get(linearQuad.file)).not.toBe(text);
  const { choice, refused } = await tuneLinear({ ...parts(40), sources: wrong });
  expect(refused).toEqual([expect.stringMatching(/^linear_quad is off by .*1e-5 is allowed\.$/)]);
  expect(cardsOf(choice)).not.toContain(linearQuad);
});

test("a kernel that does not compile is told of and left out", async () => {
  const broken = new Map(sources).set(linearTile.file, "fn main( {");
  const { choice, refused } = await tuneLinear({ ...parts(40), sources: broken });
  expect(refused).toEqual([expect.stringContaining("linear_tile.wgsl could not be built")]);
  expect(cardsOf(choice)).not.toContain(linearTile);
});

test("where halves are stored, a kernel for them is named only where it is at least as fast", async () => {
  const { refused, choice, gflops } = await tuneLinear({ ...parts(0.5), dtype: "f16" });
  expect(refused).toEqual([]);
  expect(linearClasses.filter((name) => gflops[name] !== undefined)).toHaveLength(9);
  for (const name of linearClasses) {
    const card = choice[`${name}.halves`];
    expect(card?.weights).toBe(card && "f16");
    if (card) expect(gflops[`${name}.halves`]).toBeGreaterThanOrEqual(gflops[name]!);
  }
});

test("a kernel for halves that gives wrong answers is told of", async () => {
  const text = sources.get(linearSharedPacked.file)!;
  const wrong = text.replace("words.x)", "words.y)");
  expect(wrong).not.toBe(text);
  const { refused } = await tuneLinear({
    ...parts(40),
    dtype: "f16",
    sources: new Map(sources).set(linearSharedPacked.file, wrong),
  });
  expect(refused).toEqual([expect.stringMatching(/^linear_shared_packed is off by/)]);
});

test("where time ran out before anything was measured, the usual kernels are taken", async () => {
  const { choice, gflops } = await tuneLinear(parts(5000));
  expect(gflops).toEqual({});
  expect(choice).toEqual(usualChoice(device.info));
});

test("on a width that is no multiple of four, only kernels that need none are tried", async () => {
  const odd = { ...config, hiddenSize: 66, wordEmbedProjDim: 66 };
  const { choice } = await tuneLinear({ ...parts(40), config: odd });
  for (const card of cardsOf(choice)) expect(card.innerMultiple).toBe(1);
  expect(linearShared.innerMultiple).toBe(1);
});
