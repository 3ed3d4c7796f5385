import { describe, expect, test } from "vitest";
import { type Failure, toFailure } from "#base/errors.ts";
import { bytesText } from "#base/text.ts";
import type { EncodedExample } from "#data/tasks/task.ts";
import { bindableBytes, openDevice } from "#gpu/device.ts";
import { parseConfig } from "#model/config.ts";
import { planLayout } from "#model/layout.ts";
import { publishedConfigs } from "#model/publishedConfigs.ts";
import { runsThatFit } from "#run/memory/alternatives.ts";
import { planRun, planSmallestRun } from "#run/memory/memoryPlan.ts";
import type { RunSettings } from "#zo/commonSettings.ts";
import { resolveSettings } from "#zo/resolveSettings.ts";
import { admitModel, admitRun, admitWriting } from "./admission.ts";
import { createBrowser } from "./testing/browser.ts";
import { scarceGpu } from "./testing/gpus.ts";

const MB = 1e6;
const opt125m = parseConfig(publishedConfigs["opt-125m"]);

/** What a model or a run was refused with; null if it was let in. */
async function refusalOf(admission: Promise<void>): Promise<Failure | null> {
  return admission.then(() => null, toFailure);
}

describe("a model", () => {
  test("that fits is admitted repeatedly: the trial allocation leaves nothing behind", async () => {
    const config = parseConfig({ ...publishedConfigs["opt-125m"], vocab_size: 1000 });
    const device = await openDevice(scarceGpu(500 * MB));
    await admitModel(device, config, "small", "f32");
    await admitModel(device, config, "small", "f32");
  });

  test("that is too large is rejected before anything of it is read", async () => {
    const tab = createBrowser({ gpu: scarceGpu(0.3 * MB) }).openTab();
    const failure = await tab.rejection({ type: "openModel", source: { kind: "demo" } });
    expect(failure.code).toBe("E-MEM-1");
    expect(failure.message).toMatch(
      /^"tiny" needs 3\d\d kB of GPU memory to be trained: weights 7\d\.\d kB, scratch 9\d\.\d kB, .*In a trial this GPU gave 2\d\d kB\. Nothing was read\./,
    );
    const read = tab.events.filter((event) => event.type === "progress" && event.progress !== null);
    expect(read).toEqual([]);
  });

  // Dawn's null device ends at 512 MiB, as a small GPU would: opt-125m's weights alone are 501 MB.
  test("that is too large is rejected with the published models that fit, as f16 if none does as f32", async () => {
    const bytes = (dtype: "f32" | "f16") => planSmallestRun(opt125m, 2 ** 30, dtype).totalBytes;
    expect(bytes("f32")).toBeGreaterThan(500 * MB);
    const opt13b = parseConfig(publishedConfigs["opt-1.3b"]);
    const told = async (limitBytes: number) => {
      const device = await openDevice(scarceGpu(limitBytes));
      return refusalOf(admitModel(device, opt13b, "opt-1.3b", "f32"));
    };
    const failure = await told(2000 * MB);
    expect(failure?.code).toBe("E-MEM-1");
    const words = `What would fit: opt-125m with weights stored as f16 (${bytesText(bytes("f16"))}).`;
    expect(failure?.message).toContain(words);
    // Another model is no setting.
    expect(failure?.remedies).toBeUndefined();
    expect((await told(bytes("f16") / 2))?.message).toContain("None of the published models fits");
  });

  test("that fits as f16 only is rejected with that advice and its bytes, and then admitted as f16", async () => {
    const config = parseConfig({ ...publishedConfigs["opt-125m"], num_hidden_layers: 1 });
    const device = await openDevice(scarceGpu(150 * MB));
    const failure = await refusalOf(admitModel(device, config, "short", "f32"));
    const { totalBytes } = planSmallestRun(config, bindableBytes(device.info), "f16");
    expect(failure?.message).toContain(
      `What would fit: this one with weights stored as f16 (${bytesText(totalBytes)}).`,
    );
    expect(failure?.remedies).toEqual([
      { label: "Store weights as f16", settings: { dtype: "f16" } },
    ]);
    await admitModel(device, config, "short", "f16");
  });
});

/** Rows of 60 tokens with two words each. */
function rowsOf(length: number): EncodedExample[] {
  const prompt = Array.from({ length }, (_, i) => 4 + i);
  const options = [40, 41].map((word) => ({ ids: [...prompt, word], optionLength: 1 }));
  return Array.from({ length: 64 }, (_, row) => ({ row, answer: 0, options }));
}

describe("a run", () => {
  const config = parseConfig({ ...publishedConfigs["opt-125m"], num_hidden_layers: 1 });
  const settings = resolveSettings({ method: "mezo", batchSize: 64 });

  async function admit(
    limitBytes: number,
    given: RunSettings,
    { tokens = 60, weights = "here" as "here" | "not read yet" } = {},
  ) {
    const device = await openDevice(scarceGpu(limitBytes));
    const run = { config, settings: given, trained: rowsOf(tokens), evaluated: [[]] };
    const failure = await refusalOf(admitRun(device, run, weights));
    return { failure, plan: planRun({ ...run, maxBindingBytes: bindableBytes(device.info) }) };
  }

  const remedyOf = (failure: Failure | null, key: string) =>
    failure?.remedies?.find(({ settings: changed }) => key in changed)?.settings[key];

  test("is rejected with the largest batch that fits: that batch is admitted, two more examples are not", async () => {
    const limit = 110 * MB;
    const { failure } = await admit(limit, settings);
    expect(failure?.code).toBe("E-MEM-1");
    const fitting = Number(remedyOf(failure, "batchSize"));
    expect(failure?.message).toContain(`batches of ${fitting} examples (`);
    expect(fitting).toBeGreaterThan(1);
    expect((await admit(limit, { ...settings, batchSize: fitting })).failure).toBeNull();
    // What was given is known to a part in 32 of a buffer, less than a row takes.
    expect((await admit(limit, { ...settings, batchSize: fitting + 2 })).failure).not.toBeNull();
  });

  test("is rejected with the longest texts that fit: those are admitted, much longer ones are not", async () => {
    const limit = 110 * MB;
    const { failure } = await admit(limit, settings);
    const { maxLength = 0 } = failure?.remedies?.find((one) => one.maxLength !== undefined) ?? {};
    expect(failure?.message).toContain(`texts of at most ${maxLength} tokens (`);
    expect(maxLength).toBeGreaterThan(16);
    // The word is a token of its own.
    const cut = (tokens: number) => admit(limit, settings, { tokens: tokens - 1 });
    expect((await cut(maxLength)).failure).toBeNull();
    expect((await cut(maxLength + 2)).failure).not.toBeNull();
  });

  test("with an example larger than the GPU can bind is rejected with the length that fits, which is admitted", async () => {
    const wide = parseConfig({ ...publishedConfigs["opt-2.7b"], num_hidden_layers: 1 });
    const opened = await openDevice(scarceGpu(2000 * MB));
    const limits = { ...opened.info.limits, maxStorageBufferBindingSize: 2 ** 27 };
    const device = { ...opened, info: { ...opened.info, limits } };
    const admitted = (tokens: number, evaluated = 60) => {
      const rows = { trained: rowsOf(tokens - 1), evaluated: [rowsOf(evaluated - 1)] };
      const run = { config: wide, settings: { ...settings, batchSize: 1 }, ...rows };
      return refusalOf(admitRun(device, run, "here"));
    };
    // 2000 tokens, the last of which nothing follows; each is 10,240 wide at either sign.
    const failure = await admitted(2000);
    expect(failure?.code).toBe("E-MEM-1");
    expect(failure?.message).toMatch(
      /^The longest text has 2000 tokens\. .* 164 MB \("wide"\), and this GPU takes at most 134 MB in one\./,
    );
    const { maxLength = 0 } = failure?.remedies?.find((one) => one.maxLength !== undefined) ?? {};
    expect(failure?.message).toContain(`What would fit: texts of at most ${maxLength} tokens (`);
    expect(maxLength).toBeGreaterThan(1600);
    expect(await admitted(maxLength)).toBeNull();
    expect((await admitted(maxLength + 1))?.message).toContain(`at most ${maxLength} tokens`);
    expect((await admitted(60, maxLength + 1))?.message).toContain(`at most ${maxLength} tokens`);
  });

  test("is rejected with f16 as advice if that frees enough, and then admitted as f16", async () => {
    const { plan } = await admit(500 * MB, settings);
    const weights = plan.bytes.weights;
    const halved = { ...settings, dtype: "f16" } as const;
    const asHalves = (await admit(500 * MB, halved)).plan;
    const missing = 10 * MB;
    const { failure } = await admit(plan.totalBytes - weights - missing, settings);
    expect(failure?.message).toContain(
      `What would fit: weights stored as f16 (${bytesText(asHalves.totalBytes)}), batches of`,
    );
    expect(remedyOf(failure, "dtype")).toBe("f16");
    expect(asHalves.totalBytes).toBeLessThanOrEqual(plan.totalBytes - missing);
    const limit = plan.totalBytes - missing;
    expect((await admit(limit, halved, { weights: "not read yet" })).failure).toBeNull();
    const whole = await admit(limit, settings, { weights: "not read yet" });
    expect(whole.failure?.message).toContain("Nothing was read. What would fit: weights stored as");
  });

  test("is admitted with exactly the bytes of its plan, and not with one byte less", async () => {
    const { totalBytes, bytes } = (await admit(500 * MB, settings)).plan;
    const beside = totalBytes - bytes.weights;
    expect((await admit(beside, settings)).failure).toBeNull();
    expect((await admit(beside - 1, settings)).failure?.code).toBe("E-MEM-1");
    const unread = { weights: "not read yet" } as const;
    expect((await admit(totalBytes, settings, unread)).failure).toBeNull();
    expect((await admit(totalBytes - 1, settings, unread)).failure?.code).toBe("E-MEM-1");
  });

  test("with a copy of the weights is rejected with deltas as advice if those fit", async () => {
    const copy = resolveSettings({ method: "mezo_svrg", snapshot: "copy", batchSize: 1 });
    const { failure } = await admit(120 * MB, copy);
    expect(failure?.message).toContain("a copy of the weights 189 MB");
    expect(failure?.message).toContain("the snapshot kept as deltas (");
    expect(failure?.remedies).toContainEqual({
      label: "Keep the snapshot as deltas",
      settings: { snapshot: "deltas" },
    });
  });

  test("is rejected with a smaller published model as advice, and with two changes if one is not enough", async () => {
    const run = { config: opt125m, settings, trained: rowsOf(60), evaluated: [[]] };
    const larger = { ...run, config: parseConfig(publishedConfigs["opt-350m"]) };
    const needs = { maxBindingBytes: 2 ** 30 };
    const small = planRun({ ...run, ...needs });
    const fitting = runsThatFit({ ...larger, ...needs }, small.totalBytes);
    expect(fitting).toEqual([
      { name: "opt-125m in its place", totalBytes: small.totalBytes, remedy: null },
    ]);
    const alone = planRun({ ...run, ...needs, settings: { ...settings, batchSize: 1 } });
    const [both, ...others] = runsThatFit({ ...run, ...needs }, alone.totalBytes * 0.6);
    expect(others).toEqual([]);
    expect(both?.name).toMatch(/^weights stored as f16 and batches of \d+ examples$/);
    expect(both?.totalBytes).toBeLessThanOrEqual(alone.totalBytes * 0.6);
    expect(both?.remedy?.settings).toMatchObject({ dtype: "f16" });
  });
});

describe("writing", () => {
  const config = parseConfig({ ...publishedConfigs["opt-125m"], num_hidden_layers: 2 });
  const layout = planLayout(config, 2 ** 27, "f32");

  async function admit(limitBytes: number, positions: number) {
    const device = await openDevice(scarceGpu(limitBytes));
    const room = { slots: 1, positions };
    return refusalOf(admitWriting(device, { config, layout, room }));
  }

  test("is rejected with the longest text that fits: that text is admitted, a longer one is not", async () => {
    const limit = 8 * MB;
    const failure = await admit(limit, 1000);
    expect(failure?.code).toBe("E-MEM-1");
    expect(failure?.message).toMatch(
      /^Writing up to 1001 tokens, .*: keys and values 12\.\d MB, .*In a trial this GPU gave 7\.\d+ MB\./,
    );
    const [, words] = failure?.message.match(/With (\d+) tokens at most it would fit\.$/) ?? [];
    const fitting = Number(words);
    expect(await admit(limit, fitting - 1)).toBeNull();
    // What was given is known to a part in 32 of a buffer.
    expect(await admit(limit, Math.ceil(1.05 * fitting))).not.toBeNull();
  });

  test("is rejected without a length if no text fits", async () => {
    expect((await admit(0.1 * MB, 100))?.message).toContain("open a smaller model");
  });
});
