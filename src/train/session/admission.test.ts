import { describe, expect, test } from "vitest";
import { openDevice } from "#gpu/device.ts";
import { parseConfig } from "#model/config.ts";
import { planLayout } from "#model/layout.ts";
import { planWork } from "#model/memoryPlan.ts";
import { bindableBytes } from "#model/opt.ts";
import { publishedConfigs } from "#model/publishedConfigs.ts";
import { resolveSettings } from "#zo/readSettings.ts";
import type { SettingValues } from "#zo/settings.ts";
import { capacityFor } from "../capacity.ts";
import { extrasOf, leastPlan, sumUp } from "../memoryPlan.ts";
import { admitModel, admitRun } from "./admission.ts";
import { scarceGpu } from "./testing/gpus.ts";
import { createPlace } from "./testing/place.ts";

const MB = 1e6;
const opt125m = parseConfig(publishedConfigs["opt-125m"]);

/** What a model or a run was refused with; null if it was let in. */
async function refusalOf(admission: Promise<void>) {
  return admission.then(
    () => null,
    (error: { code: string; message: string }) => error,
  );
}

describe("a model", () => {
  test("that fits is let in, again and again: the trial leaves nothing behind", async () => {
    const config = parseConfig({ ...publishedConfigs["opt-125m"], vocab_size: 1000 });
    const device = await openDevice(scarceGpu(500 * MB));
    await admitModel(device, config, "small", "f32");
    await admitModel(device, config, "small", "f32");
  });

  test("that is too large is refused before anything of it is read", async () => {
    const tab = createPlace({ gpu: scarceGpu(0.3 * MB) }).openTab();
    const failure = await tab.refusal({ type: "openModel", source: { kind: "demo" } });
    expect(failure.code).toBe("E-MEM-1");
    expect(failure.message).toMatch(
      /^"tiny" needs 1\.\d MB of GPU memory to be trained: weights 6\d\d kB, scratch 3\d\d kB, .*In a trial this GPU gave 2\d\d kB\. Nothing was read\./,
    );
    const read = tab.events.filter((event) => event.type === "progress" && event.progress !== null);
    expect(read).toEqual([]);
  });

  // Dawn's null device ends at 512 MiB, as a small GPU would: opt-125m's weights alone are 501 MB.
  test("is told of the published ones that would fit", async () => {
    const device = await openDevice(scarceGpu(2000 * MB));
    const failure = await refusalOf(
      admitModel(device, parseConfig(publishedConfigs["opt-1.3b"]), "opt-1.3b", "f32"),
    );
    expect(failure?.code).toBe("E-MEM-1");
    expect(failure?.message).toContain("None of the published models fits");
    expect(leastPlan(opt125m, 2 ** 30, "f32").totalBytes).toBeGreaterThan(500 * MB);
  });
});

describe("a run", () => {
  const config = parseConfig({ ...publishedConfigs["opt-125m"], num_hidden_layers: 1 });
  const settings = resolveSettings({ method: "mezo", batchSize: 64 });
  const rows = Array.from({ length: 64 }, () => ({
    ...{ tokens: 60, scored: 2, options: 2, examples: 1 },
  }));

  async function admit(limitBytes: number, given: SettingValues) {
    const device = await openDevice(scarceGpu(limitBytes));
    const bindable = bindableBytes(device.info);
    const layout = planLayout(config, bindable);
    const capacityAt = (batchSize: number) =>
      capacityFor(config, layout, bindable, batchSize, rows, []);
    const failure = await refusalOf(
      admitRun(device, { config, layout, settings: given, capacityAt }),
    );
    const planned = (batchSize: number) =>
      sumUp(planWork({ config, layout, capacity: capacityAt(batchSize), ...extrasOf(given) }));
    return { failure, planned };
  }

  test("is refused with the largest batch that fits: that one is let in, two more are not", async () => {
    const limit = 110 * MB;
    const { failure } = await admit(limit, settings);
    expect(failure?.code).toBe("E-MEM-1");
    const [, words] = failure?.message.match(/A batch of (\d+) rows would fit\.$/) ?? [];
    const fitting = Number(words);
    expect(fitting).toBeGreaterThan(1);
    expect((await admit(limit, { ...settings, batchSize: fitting })).failure).toBeNull();
    // What was given is known to a part in 32 of a buffer, less than a row takes.
    expect((await admit(limit, { ...settings, batchSize: fitting + 2 })).failure).not.toBeNull();
  });

  test("is let in with exactly the bytes of its plan, and not with one fewer", async () => {
    const { planned } = await admit(500 * MB, settings);
    const { totalBytes } = planned(64);
    expect((await admit(totalBytes, settings)).failure).toBeNull();
    expect((await admit(totalBytes - 1, settings)).failure?.code).toBe("E-MEM-1");
  });

  test("with a copy of the weights is told where deltas would do", async () => {
    const copy = resolveSettings({ method: "mezo_svrg", snapshot: "copy", batchSize: 1 });
    const { failure } = await admit(120 * MB, copy);
    expect(failure?.message).toContain("a copy of the weights 189 MB");
    expect(failure?.message).toMatch(/With the snapshot kept as deltas it would fit\.$/);
  });
});
