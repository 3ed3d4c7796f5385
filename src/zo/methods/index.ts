import { commonSettings } from "../commonSettings.ts";
import { describeSettings, type SettingDescription } from "../settings.ts";
import { fzoo } from "./fzoo.ts";
import { lezo } from "./lezo.ts";
import type { Method } from "./method.ts";
import { mezo } from "./mezo.ts";
import { mezoSvrg } from "./mezoSvrg.ts";
import { sparseMezo } from "./sparseMezo.ts";

export type { Method } from "./method.ts";

const registered: Method[] = [mezo, sparseMezo, lezo, mezoSvrg, fzoo];

/** Every method. Adding one is a file in this folder and a line here. */
export const methods: readonly Method[] = registered;

/** The method of settings that name none. */
export const defaultMethodId: string = mezo.description.id;

/** Adds a method for as long as a test needs it. @returns removes it again */
export function registerMethod(method: Method): () => void {
  registered.push(method);
  return () => void registered.splice(registered.indexOf(method), 1);
}

export const commonDescriptions: readonly SettingDescription[] = describeSettings(commonSettings);

/** Every setting: the common ones, then each method's own. A key may occur in several methods. */
export function allSettings(): readonly SettingDescription[] {
  return [...commonDescriptions, ...methods.flatMap(({ description }) => description.settings)];
}
