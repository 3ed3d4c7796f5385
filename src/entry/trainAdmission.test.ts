import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { openDevice } from "#gpu/device.ts";
import { scarceGpu, withDevices } from "#session/testing/gpus.ts";
import { readArguments } from "./node/flags.ts";

const made: string[] = [];

/** A GPU with this much memory, whose buffers are recorded in `made`. */
function smallGpu(limitBytes: number): GPU {
  return withDevices(scarceGpu(limitBytes), async (request) => {
    const device = await request();
    const create = device.createBuffer.bind(device);
    device.createBuffer = (descriptor) => {
      made.push(descriptor.label ?? "");
      return create(descriptor);
    };
    return device;
  });
}

// Other test files share this process: what they have loaded already is loaded anew, on that GPU.
let command: typeof import("./node/main.ts") & typeof import("./node/train.ts");
beforeAll(async () => {
  vi.resetModules();
  vi.doMock("./node/open.ts", async (importOriginal) => ({
    ...(await importOriginal<typeof import("./node/open.ts")>()),
    // Between the least that training takes with weights as f16 and as f32: 1.2 MB.
    openNodeDevice: () => openDevice(scarceGpu(1_100_000)),
  }));
  command = { ...(await import("./node/main.ts")), ...(await import("./node/train.ts")) };
});
afterAll(() => {
  vi.doUnmock("./node/open.ts");
  vi.resetModules();
});

test("train rejects a run that does not fit before it reads weights, with changes that fit", async () => {
  const fixtures = "test/fixtures";
  const words = `${fixtures}/opt-tiny-pre-ln ${fixtures}/reviews.jsonl --batch-size 64 --steps 1`;
  const args = readArguments("train", words.split(" "));
  const refusal = await command.trainCommand(args, smallGpu(1_500_000)).then(
    () => null,
    (error: unknown) => error,
  );
  expect(refusal).toMatchObject({ code: "E-MEM-1" });
  expect(String(refusal)).toMatch(
    /This run needs \d\.\d+ MB of GPU memory: weights 6\d\d kB, .* In a trial this GPU gave 1\.\d+ MB\. Nothing was read\. What would fit: batches of \d+ examples \(1\.\d+ MB\)/,
  );
  // Nothing but the trial was ever made.
  expect(made.length).toBeGreaterThan(0);
  expect(made.filter((label) => !label.startsWith("trial "))).toEqual([]);
});

test("--dtype is suggested only to commands that read it", async () => {
  const folder = "test/fixtures/opt-tiny-pre-ln";
  const said: string[] = [];
  const write = vi.spyOn(process.stderr, "write").mockImplementation((text) => {
    said.push(String(text));
    return true;
  });
  const tell = vi.spyOn(console, "error").mockImplementation(() => {});
  try {
    await command.runCommand(["score", folder, "test/fixtures/texts.jsonl"]);
    await command.runCommand(["verify", folder, "--against", `${folder}/expected.verify.json`]);
  } finally {
    write.mockRestore();
    tell.mockRestore();
  }
  expect(said[0]).toMatch(/weights stored as f16 .* Try again with --dtype f16\.\n$/s);
  expect(said[1]).toMatch(/weights stored as f16/);
  expect(said[1]).not.toMatch(/Try again/);
});
