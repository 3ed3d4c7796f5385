import type { Remedy } from "#base/errors.ts";
import { allSettings } from "#zo/methods/index.ts";

/**
 * Returns advice for a failed command: flags to add, or "" if none are known to help.
 *
 * @param reads the flags that the command reads; others are not suggested
 */
export function adviceOf(remedies: readonly Remedy[], reads: readonly string[]): string {
  const advice = remedies
    .map(flagsOf)
    .filter((flags) => flags.every(([flag]) => reads.includes(flag)))
    .map((flags) => flags.map(([flag, value]) => `--${flag} ${value}`).join(" "));
  return advice.length === 0 ? "" : `Try again with ${advice.join(", or ")}.`;
}

function flagsOf({ settings, maxLength }: Remedy): (readonly [flag: string, value: unknown])[] {
  const flags = Object.entries(settings).map(([key, value]) => {
    const flag = allSettings().find((setting) => setting.key === key)?.flag ?? key;
    return [flag, value] as const;
  });
  return maxLength === undefined ? flags : [...flags, ["max-length", maxLength]];
}
