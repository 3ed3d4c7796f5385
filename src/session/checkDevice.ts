import { type Failure, toFailure } from "#base/errors.ts";
import type { Device } from "#gpu/device.ts";
import { defaultChoice } from "#model/linearChoice.ts";
import { parameterCount, parameterTable } from "#model/parameters.ts";
import { describeSettingsFor } from "#zo/defaultLearningRate.ts";
import { commonDescriptions, methods } from "#zo/methods/index.ts";
import type { SettingDescription } from "#zo/settings.ts";
import { reportKernels } from "./kernelChoice.ts";
import type { DeviceReport, SelfTestResult } from "./reports.ts";
import { selfTest } from "./selfTest.ts";
import type { SessionState } from "./state.ts";
import { listRuns } from "./storedRuns.ts";

/** Reports the device with its self-test, its kernels, the methods with their settings, and the stored runs. */
export async function checkDevice(session: SessionState): Promise<void> {
  const { env, gpu } = session;
  try {
    const device = await gpu.open();
    const results = await selfTest(device, env.sources, defaultChoice(device.info)["few.narrow"]);
    env.emit({ type: "device", device: reportDevice(device, results) });
    await reportKernels(session);
  } catch (error) {
    env.emit({ type: "device", device: reportNoDevice(error) });
  }
  await emitCatalogue(session);
  await listRuns(session);
}

/** Reports the methods with their settings; default learning rates are those of the open model, if any. */
export async function emitCatalogue({ env, workspace }: SessionState): Promise<void> {
  const demo = await env.demo.describe();
  const { own } = workspace.model ?? {};
  const parameters = own && parameterCount(parameterTable(own));
  const described = (settings: readonly SettingDescription[]) =>
    parameters === undefined ? settings : describeSettingsFor(settings, parameters);
  const catalogue = {
    methods: methods.map(({ description }) => ({
      ...description,
      settings: described(description.settings),
    })),
    commonSettings: described(commonDescriptions),
    demo: { settings: demo.settings },
  };
  env.emit({ type: "catalogue", catalogue });
}

function reportDevice({ info }: Device, selfTest: readonly SelfTestResult[]): DeviceReport {
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

/** For a page where nothing can be trained. Saved runs stay readable. */
function reportNoDevice(error: unknown): DeviceReport {
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
