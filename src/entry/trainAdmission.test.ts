import { expect, test, vi } from "vitest";
import { type Device, openDevice } from "#gpu/device.ts";
import { scarceGpu } from "#train/session/testing/gpus.ts";
import { readArguments } from "./node/flags.ts";
import { trainCommand } from "./node/train.ts";

const LIMIT_BYTES = 1_500_000;
const made: string[] = [];

async function openSmall(): Promise<Device> {
  const opened = await openDevice(scarceGpu(LIMIT_BYTES));
  const create = opened.device.createBuffer.bind(opened.device);
  opened.device.createBuffer = (descriptor) => {
    made.push(descriptor.label ?? "");
    return create(descriptor);
  };
  return opened;
}

vi.mock("./node/open.ts", async (importOriginal) => ({
  ...(await importOriginal<typeof import("./node/open.ts")>()),
  openNodeDevice: openSmall,
}));

test("train refuses a run that does not fit before it reads a weight, with what would", async () => {
  const fixtures = "e2e/fixtures";
  const words = `${fixtures}/opt-tiny-pre-ln ${fixtures}/reviews.jsonl --batch-size 64 --steps 1`;
  const refusal = await trainCommand(readArguments(words.split(" "))).then(
    () => null,
    (error: unknown) => error,
  );
  expect(refusal).toMatchObject({ code: "E-MEM-1" });
  expect(String(refusal)).toMatch(
    /This run needs \d\.\d+ MB of GPU memory: weights 6\d\d kB, .* In a trial this GPU gave 1\.\d+ MB\. Nothing was read\. What would fit: batches of \d+ rows \(1\.\d+ MB\)/,
  );
  // Nothing but the trial was ever made.
  expect(made.length).toBeGreaterThan(0);
  expect(made.filter((label) => !label.startsWith("trial "))).toEqual([]);
});
