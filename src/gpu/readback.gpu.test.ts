import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { DeviceLost } from "#base/errors.ts";
import { nodeGpu } from "../entry/node/gpu.ts";
import { type Device, openDevice } from "./device.ts";
import { Memory } from "./memory.ts";
import { Readback } from "./readback.ts";

const values = Float32Array.from({ length: 1000 }, (_, i) => i);

let opened: Device;
let memory: Memory;
let readback: Readback;
beforeAll(async () => {
  opened = await openDevice(nodeGpu());
  memory = new Memory(opened.device);
  readback = new Readback(opened.device);
});
afterAll(() => {
  readback.destroy();
  memory.destroy();
});

function filled(): GPUBuffer {
  const buffer = memory.allocate("values", "other", values.byteLength);
  opened.device.queue.writeBuffer(buffer, 0, values);
  return buffer;
}

describe("a read-back", () => {
  test("returns the requested bytes, after all work submitted before", async () => {
    const bytes = await readback.read(filled(), 40, 12);
    expect([...new Float32Array(bytes)]).toEqual([10, 11, 12]);
  });

  test("is a copy that later ones do not change", async () => {
    const buffer = filled();
    const first = await readback.read(buffer, 0, 8);
    await readback.read(buffer, 80, 8);
    expect([...new Float32Array(first)]).toEqual([0, 1]);
  });

  test("may run at the same time as others", async () => {
    const buffer = filled();
    const sizes = [4, 400, 40, 4000, 4];
    const all = await Promise.all(sizes.map((size) => readback.read(buffer, 0, size)));
    expect(all.map(({ byteLength }) => byteLength)).toEqual(sizes);
    for (const bytes of all) {
      expect(new Float32Array(bytes)).toEqual(values.subarray(0, bytes.byteLength / 4));
    }
  });

  test("still arrives if its owner is destroyed meanwhile", async () => {
    const own = new Readback(opened.device);
    const reading = own.read(filled(), 4, 4);
    own.destroy();
    expect([...new Float32Array(await reading)]).toEqual([1]);
  });

  test("rejects with DeviceLost if the device is lost first", async () => {
    const other = await openDevice(nodeGpu());
    const buffer = new Memory(other.device).allocate("values", "other", 16);
    const reading = new Readback(other.device).read(buffer, 0, 16);
    other.device.destroy();
    await expect(reading).rejects.toBeInstanceOf(DeviceLost);
    await expect(other.lost).resolves.toEqual(expect.any(String));
  });

  test("after work that the GPU rejected fails with the reason, and returns no zeros", async () => {
    const other = await openDevice(nodeGpu());
    const { device } = other;
    const make = (label: string) => new Memory(device).allocate(label, "other", 16);
    const values = make("too small");
    const encoder = device.createCommandEncoder();
    encoder.copyBufferToBuffer(make("source"), 0, values, 0, 32);
    device.queue.submit([encoder.finish()]);
    const own = new Readback(device);
    const readings = await Promise.allSettled([0, 4].map((at) => own.read(values, at, 4)));
    const message = expect.stringMatching(
      /^The GPU rejected part of its work \(.*size: 32.*\), so nothing/,
    );
    const reason = expect.objectContaining({ code: "E-GPU-8", message });
    expect(readings).toEqual([1, 2].map(() => ({ status: "rejected", reason })));
    await expect(other.lost).resolves.toEqual(expect.any(String));
    await expect(own.read(values, 0, 4)).rejects.toThrow("The GPU rejected");
  });

  // Dawn without a GPU has 512 MiB.
  test("after running out of GPU memory fails with E-MEM-1", async () => {
    const { device } = await openDevice(nodeGpu(["backend=null"]));
    const memory = new Memory(device);
    const [values] = [1, 2, 3].map(() => memory.allocate("large", "other", 200 * 2 ** 20));
    await expect(new Readback(device).read(values!, 0, 4)).rejects.toMatchObject({
      code: "E-MEM-1",
    });
  });
});

test("a device reports its limits and whether it is software", () => {
  const { info } = opened;
  expect(info.limits.maxStorageBufferBindingSize).toBeGreaterThanOrEqual(128 * 2 ** 20);
  expect(typeof info.isSoftware).toBe("boolean");
});

test("opening a device again adds no listener to it", async () => {
  const gpu = nodeGpu(["backend=null"]);
  const adapter = (await gpu.requestAdapter())!;
  const device = await adapter.requestDevice();
  let listeners = 0;
  const addEventListener = device.addEventListener.bind(device);
  device.addEventListener = (...given: Parameters<typeof addEventListener>) => {
    listeners++;
    addEventListener(...given);
  };
  adapter.requestDevice = async () => device;
  gpu.requestAdapter = async () => adapter;
  for (let i = 0; i < 3; i++) expect((await openDevice(gpu)).device).toBe(device);
  expect(listeners).toBe(1);
});
