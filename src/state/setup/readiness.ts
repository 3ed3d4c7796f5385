import type { Failure } from "#base/errors.ts";
import type { DataReport, DeviceReport, ModelReport } from "#session/reports.ts";
import type { AppState } from "../store.ts";
import { formatBytes, formatCount, formatPlural } from "../text/format.ts";
import type { ParsedSettings } from "./settingsForm.ts";

export interface ReadinessItem {
  readonly name: string;
  readonly isReady: boolean;
  readonly detail: string;
}

/** What a run needs, and whether it is there. Start is offered when every item is ready. */
export function readinessOf(
  device: DeviceReport | null,
  model: ModelReport | null,
  data: DataReport | null,
  parsed: ParsedSettings | null,
): readonly ReadinessItem[] {
  return [
    deviceItem(device),
    {
      name: "Model",
      isReady: model !== null,
      detail: model ? `${model.name}, ${formatBytes(model.weightBytes)}` : "Open a model first",
    },
    dataItem(data),
    settingsItem(parsed),
  ];
}

export function isReadyToTrain(items: readonly ReadinessItem[]): boolean {
  return items.every(({ isReady }) => isReady);
}

function deviceItem(device: DeviceReport | null): ReadinessItem {
  const failed = device?.selfTest.filter(({ passed }) => !passed).length ?? 0;
  if (!device) return { name: "GPU", isReady: false, detail: "Being checked" };
  if (device.state === "unavailable")
    return { name: "GPU", isReady: false, detail: "Not available" };
  if (failed > 0) {
    return { name: "GPU", isReady: false, detail: `${formatPlural(failed, "check")} failed` };
  }
  return { name: "GPU", isReady: true, detail: device.name };
}

function dataItem(data: DataReport | null): ReadinessItem {
  if (!data) return { name: "Data", isReady: false, detail: "Open rows first" };
  const blocker = data.blockers[0];
  if (blocker !== undefined) {
    return {
      name: "Data",
      isReady: false,
      detail: `${formatPlural(data.blockers.length, "problem")} to solve`,
    };
  }
  const detail = `${formatCount(data.trainRows)} rows to train on, ${formatCount(data.devRows)} held out`;
  return { name: "Data", isReady: true, detail };
}

function settingsItem(parsed: ParsedSettings | null): ReadinessItem {
  const count = Object.keys(parsed?.errors ?? {}).length;
  return {
    name: "Settings",
    isReady: parsed !== null && count === 0,
    detail: count > 0 ? `${formatPlural(count, "value")} to correct` : "All within range",
  };
}

/** Rejected because of the settings as a whole: shown beside the form, not beside the button. */
const CONTRADICTIONS = ["E-CFG-3", "E-CFG-4"];

/** The last refusal of settings by any command that takes them. */
export function contradictionIn(failures: AppState["failures"]): Failure | undefined {
  const { startRun, queueRun, probeLearningRates } = failures;
  return [startRun, queueRun, probeLearningRates].find(isContradiction);
}

export function isContradiction(failure: Failure | undefined): boolean {
  return failure !== undefined && CONTRADICTIONS.includes(failure.code);
}
