import type { RunRecord, RunStatus, StepRecord } from "#run/store/records.ts";
import type { RunReport } from "#session/reports.ts";
import { storedSettings } from "#zo/resolveSettings.ts";
import type { SettingValues } from "#zo/settings.ts";
import { METHOD_KEY } from "../setup/settingsForm.ts";
import { fakeModel, fakeRecord, fakeTiming } from "./fakeReports.ts";
import { fakeStepOf } from "./fakeSteps.ts";

export function stepOf({ settings }: RunRecord, step: number): StepRecord {
  return fakeStepOf(String(settings[METHOD_KEY]), step, Number(settings.seed ?? 0));
}

export function newRecord(
  id: string,
  name: string,
  settings: SettingValues,
  status: RunStatus,
): RunRecord {
  const { lastEvaluation: _, zeroShot: __, best: ___, ...fresh } = fakeRecord;
  return {
    ...fresh,
    id,
    name,
    settings: storedSettings.parse(settings),
    status,
    step: 0,
    seconds: 0,
    tokens: 0,
  };
}

/** Shares that suit the made-up model of 12 blocks. */
const ACTIVE_SHARES: Readonly<Record<string, number>> = { lezo: 0.49, sparse_mezo: 0.2513 };

export function reportOf(record: RunRecord, travelledTo: number | null): RunReport {
  const isOn = record.status === "running";
  const { steps = 400 } = record.settings;
  const totalSteps = Number(steps);
  return {
    record,
    totalSteps: Math.max(totalSteps, record.step),
    stepsPerSecond: isOn ? 9.6 : null,
    tokensPerSecond: isOn ? 8294 : null,
    etaSeconds: isOn ? (totalSteps - record.step) / 9.6 : null,
    gpuBytes: fakeModel.gpuBytes,
    timing: fakeTiming,
    savedAt: record.step > 0 ? record.updatedAt : null,
    savedStep: record.step - (record.step % 10),
    hasUnsaved: false,
    travelledTo,
    asks: ["text"],
    activeShare: ACTIVE_SHARES[String(record.settings[METHOD_KEY])] ?? 1,
  };
}
