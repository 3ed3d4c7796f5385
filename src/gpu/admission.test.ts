import { describe, expect, test } from "vitest";
import { nodeGpu } from "../entry/node/gpu.ts";
import { tryAllocation } from "./admission.ts";
import { planned } from "./memory.ts";

const MIB = 2 ** 20;

// Dawn without a GPU has 512 MiB of memory, and reports running out of it like a real driver.
async function openNull(): Promise<GPUDevice> {
  const adapter = await nodeGpu(["backend=null"]).requestAdapter();
  return adapter!.requestDevice();
}

function plan(...mebibytes: number[]) {
  return mebibytes.map((size, i) => planned(`part ${i}`, "weights", size * MIB));
}

describe("a trial allocation", () => {
  test("grants what fits, and frees it again", async () => {
    const device = await openNull();
    for (let i = 0; i < 3; i++) {
      const trial = await tryAllocation(device, plan(200, 200), true);
      expect(trial).toEqual({ grantedBytes: 400 * MIB, refused: null });
    }
  });

  // Otherwise the memory would still be taken when the real buffers are allocated.
  test("submits and waits after destroying its buffers", async () => {
    const device = await openNull();
    const { queue } = device;
    const calls: string[] = [];
    const createBuffer = device.createBuffer.bind(device);
    device.createBuffer = (descriptor) => {
      const buffer = createBuffer(descriptor);
      const destroy = buffer.destroy.bind(buffer);
      buffer.destroy = () => {
        calls.push("destroy");
        return destroy();
      };
      return buffer;
    };
    const submit = queue.submit.bind(queue);
    queue.submit = (commands) => {
      calls.push("submit");
      return submit(commands);
    };
    const onSubmittedWorkDone = queue.onSubmittedWorkDone.bind(queue);
    queue.onSubmittedWorkDone = async () => {
      const done = await onSubmittedWorkDone();
      calls.push("done");
      return done;
    };
    await tryAllocation(device, plan(10, 10), false);
    expect(calls).toEqual(["destroy", "destroy", "submit", "done"]);
  });

  test("names the first buffer that does not fit, and what fits before it", async () => {
    const device = await openNull();
    const wanted = plan(200, 200, 200, 10);
    const trial = await tryAllocation(device, wanted, true);
    // Of the third, a half (100) and 1/32 (6.25) still fit into the 112 that were left.
    expect(trial).toEqual({ grantedBytes: 506.25 * MIB, refused: wanted[2] });
  });

  test("treats a size beyond the device's limit as refused, not as an error", async () => {
    const device = await openNull();
    const wanted = [...plan(1), planned("absurd", "weights", 2 ** 40)];
    const uncaught: string[] = [];
    device.onuncapturederror = ({ error }) => uncaught.push(error.message);
    expect(await tryAllocation(device, wanted, true)).toMatchObject({ refused: wanted[1] });
    expect(uncaught).toEqual([]);
  });
});
