import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { readArguments, settingsFrom } from "#entry/node/flags.ts";
import { parseConfig } from "#model/config.ts";
import { importSettings } from "#run/exchange/importSettings.ts";
import { planEveryMethod, planTypicalRun } from "#run/memory/memoryPlan.ts";
import { differingFields } from "#state/charts/comparison.ts";
import { draftFrom, EMPTY_DRAFT, parseDraft, visibleSettings } from "#state/setup/settingsForm.ts";
import { commonDescriptions, methods, registerMethod } from "#zo/methods/index.ts";
import { defineMethod } from "#zo/methods/method.ts";
import { resolveSettings } from "#zo/resolveSettings.ts";
import { integer, number } from "#zo/settings.ts";
import { testMethod } from "#zo/testing/methodTrials.ts";
import {
  createBrowser,
  lastRecord,
  openReadyTab,
  reportedSteps,
  reportsStep,
} from "./testing/browser.ts";
import { oneDeviceGpu } from "./testing/gpus.ts";

/**
 * A method that exists in this file only: every `stride`-th block takes part in a step, every third step is
 * an anchor over five examples, and the steps between subtract the slope at a copy of the anchor's weights.
 */
const toy = defineMethod({
  id: "toy",
  name: "Toy",
  summary: "Updates every n-th block.",
  forwardPasses: "4",
  weightCopies: { least: 1, most: 1 },
  paper: { title: "None", url: "https://example.org/" },
  aliases: ["toy_trainer"],
  settings: {
    stride: integer({
      flag: "toy-stride",
      label: "Stride",
      default: 2,
      min: 1,
      max: 9,
      help: "Every n-th block is updated in a step.",
      source: "This test",
    }),
    anchorRate: number({
      flag: "toy-anchor-rate",
      label: "Rate at anchors",
      default: 1e-4,
      min: 0,
      max: 1,
      isLearningRate: true,
      help: "Learning rate of every third step.",
      source: "This test",
    }),
  },
  traits: () => ({ snapshot: { kind: "copy", interval: 3 }, anchorExamples: 5, sparsity: 0.25 }),
  activeShare: ({ stride }) => ({ blocks: 1 / stride, embeddings: 1 }),
  plan({ stride, anchorRate }, { step, seed, numBlocks, learningRate, scheduleFactor }) {
    const direction = { step, probe: 0 };
    const isAnchor = step % 3 === 0;
    const rate = isAnchor ? anchorRate * scheduleFactor : learningRate;
    const blocks = Array.from({ length: numBlocks }, (_, block) => block);
    return {
      kind: isAnchor ? "look" : "go",
      examples: isAnchor ? "anchor" : "batch",
      probes: isAnchor
        ? [{ direction, at: "theta" }]
        : [
            { direction, at: "theta" },
            { direction, at: "snapshot" },
          ],
      terms: [{ direction, scale: -rate, plus: 0, ...(isAnchor ? {} : { minus: 1 }) }],
      activeBlocks: blocks.filter((block) => (block + step + seed) % stride === 0),
      embeddings: true,
      learningRate: rate,
    };
  },
});

let unregister = () => {};
beforeAll(() => {
  unregister = registerMethod(toy);
});
afterAll(() => unregister());

const given = { method: "toy", stride: 2, learningRate: 1e-3, anchorRate: 1e-3 };
const run = { ...given, steps: 8, batchSize: 4, seed: 7, evalEvery: 4 };

describe("a method that is defined in one file", () => {
  describe("passes the tests of every method", () => {
    const remove = registerMethod(toy);
    testMethod(toy);
    remove();
  });

  test("has a form", () => {
    const catalogue = {
      methods: methods.map(({ description }) => description),
      commonSettings: commonDescriptions,
      demo: { settings: {} },
    };
    const draft = { ...EMPTY_DRAFT, methodId: "toy", texts: { stride: "3" } };
    expect(visibleSettings(catalogue, draft).map(({ label }) => label)).toContain("Stride");
    const { values, errors } = parseDraft(catalogue, draft);
    expect(errors).toEqual({});
    expect(resolveSettings(values)).toMatchObject({ method: "toy", stride: 3, anchorRate: 1e-4 });
    expect(parseDraft(catalogue, { ...draft, texts: { stride: "10" } }).errors["stride"]).toContain(
      "1 to 9",
    );
    expect(parseDraft(catalogue, draftFrom(resolveSettings(run))).values).toEqual(
      resolveSettings(run),
    );
  });

  test("has flags", () => {
    const settings = settingsFrom(
      readArguments("train", ["m", "t", "--method", "toy", "--toy-stride", "4"]),
    );
    expect(settings).toMatchObject({ method: "toy", stride: 4 });
    const mixed = readArguments("train", ["m", "t", "--method", "mezo", "--toy-stride", "4"]);
    expect(() => settingsFrom(mixed)).toThrow(/toy-stride/);
  });

  test("is planned with its masks and its copy of the weights", () => {
    const config = parseConfig({
      model_type: "opt",
      vocab_size: 100,
      hidden_size: 32,
      num_hidden_layers: 4,
      ffn_dim: 64,
      num_attention_heads: 4,
      max_position_embeddings: 32,
    });
    const plan = (method: string) => planTypicalRun(config, resolveSettings({ method }), 2 ** 27);
    expect(plan("toy").bytes.snapshot).toBe(plan("mezo").bytes.weights);
    expect(planEveryMethod(config, 2 ** 27).map(({ name }) => name)).toContain("Toy");
  });

  test("is imported by the name that another program has for it", () => {
    const { settings } = importSettings(
      "python run.py --trainer toy_trainer --max_steps 9 --toy_stride 5",
    );
    expect(settings).toMatchObject({ method: "toy", steps: 9, stride: 5 });
  });

  test("trains, records its kinds of steps, and resumes after a crash to the same weights", async () => {
    const gpu = oneDeviceGpu();
    const browser = createBrowser({ gpu, rows: 8 });
    const tab = await openReadyTab(browser);
    await tab.ask({ type: "startRun", settings: run, name: "toy" });
    const record = lastRecord(tab);
    expect(record.status).toBe("finished");
    expect(reportedSteps(tab).map(({ extra }) => extra?.kind)).toEqual([
      "look",
      "go",
      "go",
      "look",
      "go",
      "go",
      "look",
      "go",
    ]);
    expect(reportedSteps(tab)[1]?.extra?.active_blocks).toEqual([0]);

    tab.kill();
    const crashing = await openReadyTab(browser);
    const crashed = new Promise<void>((resolve) => {
      crashing.once(reportsStep(5), () => {
        crashing.kill();
        resolve();
      });
    });
    void crashing.ask({ type: "startRun", settings: run, name: "toy again" });
    await crashed;
    const next = browser.openTab();
    await next.ask({ type: "openRun", runId: lastRecord(crashing).id });
    await next.ask({ type: "resumeRun" });
    expect(lastRecord(next).weightsSha256).toBe(record.weightsSha256);

    const other = { ...record, settings: { ...record.settings, stride: 3 } };
    const catalogue = { methods: methods.map(({ description }) => description) };
    const fields = differingFields([record, other], {
      ...catalogue,
      commonSettings: commonDescriptions,
      demo: { settings: {} },
    });
    expect(fields).toMatchObject([{ key: "stride", name: "Stride", values: ["2", "3"] }]);
  });
});
