import { describe, expect, test } from "vitest";
import { nodeGpu } from "../entry/node/gpu.ts";
import { tryAllocation } from "./admission.ts";
import { planned } from "./memory.ts";

const MIB = 2 ** 20;

// Dawn without a GPU has 512 MiB of memory and says so as a real driver does.
async function openNull(): Promise<GPUDevice> {
  const adapter = await nodeGpu(["backend=null"]).requestAdapter();
  return adapter!.requestDevice();
}

function plan(...mebibytes: number[]) {
  return mebibytes.map((size, i) => planned(`part ${i}`, "weights", size * MIB));
}

describe("a trial allocation", () => {
  test("finds room for what fits, and leaves it free again", async () => {
    const device = await openNull();
    for (let i = 0; i < 3; i++) {
      const trial = await tryAllocation(device, plan(200, 200), true);
      expect(trial).toEqual({ grantedBytes: 400 * MIB, refused: null });
    }
  });

  test("names the first buffer there is no room for, and what was given before it", async () => {
    const device = await openNull();
    const wanted = plan(200, 200, 200, 10);
    const trial = await tryAllocation(device, wanted, true);
    // Of the third, a half (100) and a part in 32 (6.25) still went into the 112 that were left.
    expect(trial).toEqual({ grantedBytes: 506.25 * MIB, refused: wanted[2] });
  });

  test("takes a size beyond the device's limit for a refusal, not for an error", async () => {
    const device = await openNull();
    const wanted = [...plan(1), planned("absurd", "weights", 2 ** 40)];
    const uncaught: string[] = [];
    device.onuncapturederror = ({ error }) => uncaught.push(error.message);
    expect(await tryAllocation(device, wanted, true)).toMatchObject({ refused: wanted[1] });
    expect(uncaught).toEqual([]);
  });
});
