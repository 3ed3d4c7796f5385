import type { Remedy } from "#base/errors.ts";
import { commonSettings } from "#zo/commonSettings.ts";
import { methods } from "#zo/methods/index.ts";

/** What to add to a command so that it goes, as flags; "" where nothing is known to help. */
export function adviceOf(remedies: readonly Remedy[]): string {
  if (remedies.length === 0) return "";
  return `Try again with ${remedies.map(flagsOf).join(", or ")}.`;
}

function flagsOf({ settings, maxLength }: Remedy): string {
  const described = [
    ...commonSettings,
    ...methods.flatMap(({ description }) => description.settings),
  ];
  const flags = Object.entries(settings).map(([key, value]) => {
    const flag = described.find((setting) => setting.key === key)?.flag ?? key;
    return `--${flag} ${value}`;
  });
  return [...flags, ...(maxLength === undefined ? [] : [`--max-length ${maxLength}`])].join(" ");
}
