import { type WeightDtype, weightDtypes } from "#base/storage.ts";
import { choiceSetting, type SettingValues } from "./settings.ts";

/** What a run's weights are stored as. Runs from before there was a choice have f32. */
export function weightDtypeOf(settings: SettingValues): WeightDtype {
  return settings["dtype"] === undefined ? "f32" : choiceSetting(settings, "dtype", weightDtypes);
}
