import type { OptConfig } from "#model/config.ts";
import { planEveryMethod, typicalExample } from "#run/memory/memoryPlan.ts";
import { resolveSettings } from "#zo/resolveSettings.ts";
import type { MemoryNeeds } from "./protocol.ts";

/**
 * GPU memory to fine-tune a model, from its config alone; methods that need as much stand together,
 * least first.
 *
 * @param maxBindingBytes what the device can bind as one storage buffer
 */
export function memoryNeeds(config: OptConfig, maxBindingBytes: number): MemoryNeeds {
  const methods = new Map<string, { bytes: number; f16Bytes: number; methods: string[] }>();
  const asHalves = planEveryMethod(config, maxBindingBytes, "f16");
  for (const [i, { name, plan }] of planEveryMethod(config, maxBindingBytes).entries()) {
    const [bytes, f16Bytes] = [plan.totalBytes, asHalves[i]!.plan.totalBytes];
    const key = `${bytes} ${f16Bytes}`;
    const known = methods.get(key) ?? { bytes, f16Bytes, methods: [] };
    known.methods.push(name);
    methods.set(key, known);
  }
  return {
    rows: resolveSettings({}).batchSize,
    tokensPerRow: typicalExample.tokens,
    byMethod: [...methods.values()].sort((a, b) => a.bytes - b.bytes || a.f16Bytes - b.f16Bytes),
  };
}
