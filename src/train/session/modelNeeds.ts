import type { OptConfig } from "#model/config.ts";
import { resolveSettings } from "#zo/readSettings.ts";
import { numberSetting } from "#zo/settings.ts";
import { needsByMethod, usualExample } from "../memoryPlan.ts";
import type { MemoryNeeds } from "../protocol.ts";

/**
 * GPU memory to fine-tune a model, from its config alone; methods that need as much stand together,
 * least first.
 *
 * @param maxBindingBytes what the device can bind as one storage buffer
 */
export function memoryNeeds(config: OptConfig, maxBindingBytes: number): MemoryNeeds {
  const methods = new Map<number, string[]>();
  for (const { name, plan } of needsByMethod(config, maxBindingBytes)) {
    methods.set(plan.totalBytes, [...(methods.get(plan.totalBytes) ?? []), name]);
  }
  return {
    rows: numberSetting(resolveSettings({ method: "mezo" }), "batchSize"),
    tokensPerRow: usualExample.tokens,
    byMethod: [...methods]
      .sort(([a], [b]) => a - b)
      .map(([bytes, names]) => ({ methods: names, bytes })),
  };
}
