import { withHead } from "#model/head.ts";
import { planLayout } from "#model/layout.ts";
import { bindableBytes } from "#model/opt.ts";
import { resolveSettings } from "#zo/readSettings.ts";
import { numberSetting, type SettingValues } from "#zo/settings.ts";
import { weightDtypeOf } from "#zo/weightDtype.ts";
import { planCapacity } from "../capacity.ts";
import { planRun, usualCapacity } from "../memoryPlan.ts";
import { type Desk, deviceOf, modelOf } from "./desk.ts";
import { headOf } from "./headOf.ts";

/** Tells what a run of these settings would allocate. @throws ZerothError E-CFG-1 */
export async function tellMemory(desk: Desk, given: SettingValues): Promise<void> {
  const settings = resolveSettings(given);
  const { own } = modelOf(desk);
  const rows = desk.data?.inspection;
  const bindable = bindableBytes((await deviceOf(desk)).info);
  // As a start would lay the weights, whatever they are stored as now, and with the head it would add.
  const config = withHead(own, rows ? headOf(rows.facts.task, settings) : null);
  const layout = planLayout(config, bindable, weightDtypeOf(settings));
  const batchSize = numberSetting(settings, "batchSize");
  const capacity = rows
    ? planCapacity(config, layout, bindable, batchSize, rows.train, rows.dev)
    : usualCapacity(config, layout, bindable, batchSize);
  const { bytes, totalBytes } = planRun(config, layout, capacity, settings);
  const memory = { bytes, totalBytes, isExact: rows !== undefined };
  desk.env.emit({ type: "memory", memory });
}
