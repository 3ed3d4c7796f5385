import { bindableBytes } from "#gpu/device.ts";
import { withHead } from "#model/head.ts";
import { planRun, planTypicalRun } from "#run/memory/memoryPlan.ts";
import { resolveSettings } from "#zo/resolveSettings.ts";
import type { SettingValues } from "#zo/settings.ts";
import { type Desk, deviceOf, modelOf } from "./desk.ts";
import { headOf } from "./headOf.ts";

/** Tells what a run of these settings would allocate. @throws ZerothError E-CFG-1 */
export async function tellMemory(desk: Desk, given: SettingValues): Promise<void> {
  const settings = resolveSettings(given);
  const { own } = modelOf(desk);
  const rows = desk.data?.inspection;
  const bindable = bindableBytes((await deviceOf(desk)).info);
  // As a start would lay the weights, whatever they are stored as now, and with the head it would add.
  const config = withHead(own, rows ? headOf(rows.summary.task, settings) : null);
  const { bytes, totalBytes } = rows
    ? planRun({
        config,
        settings,
        maxBindingBytes: bindable,
        trained: rows.train,
        evaluated: [rows.dev, rows.test],
      })
    : planTypicalRun(config, settings, bindable);
  const memory = { bytes, totalBytes, isExact: rows !== undefined };
  desk.env.emit({ type: "memory", memory });
}
