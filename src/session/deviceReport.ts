import { type Failure, toFailure } from "#base/errors.ts";
import type { Device } from "#gpu/device.ts";
import type { DeviceReport, SelfTestResult } from "./protocol.ts";

/** What the page shows of a device that answers. */
export function reportDevice({ info }: Device, selfTest: readonly SelfTestResult[]): DeviceReport {
  const family = [info.vendor, info.architecture].filter(Boolean).join(" ");
  const failed = selfTest.find(({ passed }) => !passed);
  return {
    state: failed ? "unavailable" : "ready",
    ...(failed ? { failure: wrongAnswer(failed) } : {}),
    name: info.description || family || "Unnamed GPU",
    vendor: info.vendor,
    architecture: info.architecture,
    isSoftware: info.isSoftware,
    hasF16: info.hasF16,
    hasSubgroups: info.hasSubgroups,
    limits: Object.entries(info.limits).map(([name, value]) => ({ name, value })),
    selfTest,
  };
}

/** What the page shows where nothing can be trained. Saved runs stay readable. */
export function reportNoDevice(error: unknown): DeviceReport {
  return {
    state: "unavailable",
    failure: toFailure(error),
    name: "",
    vendor: "",
    architecture: "",
    isSoftware: false,
    hasF16: false,
    hasSubgroups: false,
    limits: [],
    selfTest: [],
  };
}

function wrongAnswer({ name, detail }: SelfTestResult): Failure {
  return {
    code: "E-GPU-9",
    message:
      `This GPU gave a wrong answer in the start-up check (${name}: ${detail}). Results would not ` +
      `be trustworthy, so training is off. Updating the browser or the graphics driver often helps.`,
  };
}
