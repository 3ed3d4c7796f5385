import { commonSettings } from "./commonSettings.ts";
import { methods } from "./methods/index.ts";
import type { SettingDescription } from "./settings.ts";

/** Every setting there is: those all methods share, then each method's own. */
export const allSettings: readonly SettingDescription[] = [
  ...commonSettings,
  ...methods.flatMap(({ description }) => description.settings),
];
