import { beforeAll, describe, expect, test } from "vitest";
import { nodeGpu } from "../entry/node/gpu.ts";
import { Memory, usage } from "./memory.ts";

let device: GPUDevice;
beforeAll(async () => {
  const adapter = await nodeGpu(["backend=null"]).requestAdapter();
  device = await adapter!.requestDevice();
});

const nothing = { weights: 0, scratch: 0, activations: 0, cache: 0, snapshot: 0, other: 0 };

describe("memory", () => {
  test("is counted by kind, in allocated bytes", () => {
    const memory = new Memory(device);
    memory.allocate("a", "weights", 1000);
    memory.allocate("b", "weights", 32);
    memory.allocate("c", "scratch", 1);
    memory.allocateUniform("d", new ArrayBuffer(48));
    expect(memory.bytesByKind()).toEqual({
      ...nothing,
      weights: 1008 + 32,
      scratch: 16,
      other: 48,
    });
    memory.destroy();
  });

  test("is empty once destroyed", () => {
    const memory = new Memory(device);
    memory.allocate("a", "snapshot", 100);
    memory.destroy();
    expect(memory.bytesByKind()).toEqual(nothing);
  });

  test("counts its parts until they are destroyed, and the rest after that", () => {
    const memory = new Memory(device);
    memory.allocate("a", "weights", 32);
    const part = memory.part();
    part.allocate("b", "cache", 64);
    expect(memory.bytesByKind()).toEqual({ ...nothing, weights: 32, cache: 64 });
    part.destroy();
    expect(memory.bytesByKind()).toEqual({ ...nothing, weights: 32 });
    memory.part().allocate("c", "cache", 64);
    memory.destroy();
    expect(memory.bytesByKind()).toEqual(nothing);
  });

  test("can be bound, copied from and written to, and has the usage that was requested beside", () => {
    const memory = new Memory(device);
    const plain = memory.allocate("a", "other", 16).usage;
    expect(plain).toBe(usage.STORAGE | usage.COPY_SRC | usage.COPY_DST);
    expect(memory.allocate("b", "other", 16, usage.UNIFORM).usage).toBe(plain | usage.UNIFORM);
    memory.destroy();
  });
});
