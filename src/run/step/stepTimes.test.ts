import { beforeAll, describe, expect, test } from "vitest";
import { nodeGpu } from "#entry/node/gpu.ts";
import { openDevice } from "#gpu/device.ts";
import { Memory } from "#gpu/memory.ts";
import { timestampBytes } from "#gpu/passTimer.ts";
import { Readback } from "#gpu/readback.ts";
import { StepClock } from "#model/stepClock.ts";
import { without } from "#session/testing/gpus.ts";
import { StepTimes } from "./stepTimes.ts";

let model: ConstructorParameters<typeof StepTimes>[0];
beforeAll(async () => {
  const { device } = await openDevice(without("timestamp-query", nodeGpu(["backend=null"])));
  const buffer = new Memory(device).allocate("timestamps", "other", timestampBytes);
  model = { device, readback: new Readback(device), clock: new StepClock(device, buffer) };
});

describe("parts timed by a coarse host clock", () => {
  test("are repeated until it advances; parts during which it never does count as 0", async () => {
    let ms = 0;
    const coarse = () => 100 * Math.floor(ms / 100);
    const times = new StepTimes(model, 0);
    await times.timeByHost(5, coarse, (part, repeats = 1) => {
      if (part === "products") ms += 40 * repeats;
    });
    const { products, ...others } = times.latest!.parts;
    // 32 repeats, of which the clock shows whole hundreds of milliseconds.
    expect([1200 / 32, 1300 / 32]).toContain(products);
    expect(others).toEqual({ weightPass: 0, attention: 0, rest: 0 });
  });

  test("are not reported if it never advances", async () => {
    const times = new StepTimes(model, 0);
    const handed: number[] = [];
    await times.timeByHost(
      5,
      () => 0,
      (_, repeats = 1) => handed.push(repeats),
    );
    expect(times.latest).toBeNull();
    expect(new Set(handed)).toEqual(new Set([1, 32]));
  });
});
