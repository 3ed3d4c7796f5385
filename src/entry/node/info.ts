import { defaultChoice } from "#model/linearChoice.ts";
import { selfTest } from "#session/selfTest.ts";
import { readShaders } from "./gpu.ts";
import { openNodeDevice } from "./open.ts";
import { print } from "./print.ts";

/** `info`: prints the adapter, its limits and features, and the result of a self-test. */
export async function infoCommand(): Promise<void> {
  const device = await openNodeDevice();
  const results = await selfTest(device, readShaders(), defaultChoice(device.info)["few.narrow"]);
  print({ ...device.info, self_test: results });
}
