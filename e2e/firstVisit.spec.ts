import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect } from "@playwright/test";
import { root } from "../src/tools/paths.mjs";
import { expectAccessible } from "./testing/accessibility.ts";
import { download, downloadModel } from "./testing/downloads.ts";
import { test } from "./testing/pageTest.ts";
import { button, card, expectStatus, expectSteps, fact, visit } from "./testing/visit.ts";

/** A GPU takes seconds; two shared processor cores may take minutes. */
const LIMIT_MS = 240_000;

test("a first visit ends with a model that has learned, and can be taken home", async ({
  page,
}, testInfo) => {
  test.setTimeout(LIMIT_MS + 60_000);
  await test.step("the page has checked this computer", async () => {
    await visit(page);
    const checks = page.getByRole("list", { name: "Arithmetic checked on this GPU" });
    await expect(checks.getByLabel("Failed")).toHaveCount(0);
    expect(await checks.getByLabel("Passed").count()).toBeGreaterThanOrEqual(3);
    await expectAccessible(page, "the first screen");
  });

  await test.step("one click, and the curve moves", async () => {
    const clicked = performance.now();
    await button(page, "Try it now").click();
    await expectSteps(page, 2);
    await expect(page.getByRole("img", { name: /loss/i }).first()).toBeVisible();
    const seconds = ((performance.now() - clicked) / 1000).toFixed(1);
    testInfo.annotations.push({ type: "seconds to a moving curve", description: seconds });
    console.log(`The curve moved ${seconds} s after the click.`);
    expect(Number(seconds)).toBeLessThan(60);
    await expectAccessible(page, "a run in training");
  });

  await test.step("the model has learned", async () => {
    await expectStatus(page, "Finished", LIMIT_MS);
    const result = card(page, "Result");
    const [before, after] = percents(await result.textContent(), /training([\d.]+) %/g);
    console.log(`Held-out accuracy: ${before} % before, ${after} % after.`);
    expect(after).toBeGreaterThanOrEqual(95);
    expect(after! - before!).toBeGreaterThanOrEqual(20);
    await expect(result).toContainText("clearly answers better than before");
    const accuracy = page.getByRole("region", { name: "Held-out accuracy" });
    await expect(accuracy.getByText("before training")).toBeVisible();
    await expect(fact(page, "Last saved")).toHaveText("step 200");
    await expectAccessible(page, "a finished run");
  });

  await test.step("it answers a sentence it has never read", async () => {
    const { sentence, word } = await unread();
    await page.getByRole("textbox", { name: "Your sentence" }).fill(sentence);
    await button(page, "Ask the model").click();
    const answer = page.getByRole("region", { name: "Probability of each answer" });
    const option = answer.getByRole("listitem").filter({ hasText: word });
    const [before, after] = percents(await option.textContent(), /(?:before|after)([\d.]+) %/g);
    expect(after).toBeGreaterThan(50);
    expect(after).not.toBe(before);
  });

  await test.step("both models write on from the same words", async () => {
    const playground = card(page, "Write on");
    const prompt = playground.getByRole("textbox", { name: "Prompt" });
    // The first row, up to where its answer would stand.
    await expect(prompt).toHaveValue(/It was$/);
    await prompt.fill("the film was");
    await prompt.press("Control+Enter");
    const after = playground.getByRole("region", { name: "After training" });
    const before = playground.getByRole("region", { name: "Before training" });
    await expect(after.getByText(/\d tokens? · .* tokens\/s/)).toBeVisible();
    await expect(playground.getByText("Done.")).toBeVisible({ timeout: 60_000 });
    for (const side of [before, after]) {
      await expect(side).toContainText(/the film was .*\w/);
      await expect(side).toContainText("ended by itself");
    }
    await expectAccessible(page, "the playground");
  });

  await test.step("every held-out row can be looked at, the wrong answers first", async () => {
    await button(page, "Show the rows").click();
    const rows = page.getByRole("region", { name: "Rows and answers" });
    await expect(rows.getByRole("row")).toHaveCount(26);
    const told = card(page, "Held-out rows, one by one");
    await expect(told).toContainText(/After step 200, \d+ of 256 rows are answered right/);
    await expect(told).toContainText(/Training turned \d+ right and \d+ wrong/);
    await button(page, "Next").click();
    await expect(told.getByRole("status")).toHaveText("26 to 50 of 256");
    await expectAccessible(page, "a run with its held-out rows");
  });

  await test.step("the model, its log and its settings can be taken home", async () => {
    const files = await downloadModel(page);
    for (const name of [
      "config.json",
      "model.safetensors",
      "vocab.json",
      "merges.txt",
      "README.md",
    ])
      expect(files.has(name), name).toBe(true);
    const { text: jsonl } = await download(page, "Download log (JSONL)");
    const lines = jsonl
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    expect(lines.filter(({ loss }) => typeof loss === "number")).toHaveLength(200);
    const { text: csv } = await download(page, "Download log (CSV)");
    const [head, ...rows] = csv.trim().split("\r\n");
    const lossColumn = head!.split(",").indexOf("loss");
    expect(rows.filter((row) => row.split(",")[lossColumn] !== "")).toHaveLength(200);
    const { text: settings } = await download(page, "Download settings (JSON)");
    expect(JSON.parse(settings)).toMatchObject({ settings: { method: "mezo", steps: 200 } });
  });
});

/** One of the trial's held-out sentences, and the word that answers it. */
async function unread(): Promise<{ sentence: string; word: string }> {
  const file = (name: string) => readFile(join(root, "public/demo", name), "utf8");
  const { dev, labels, words } = JSON.parse(await file("demo.json"));
  const [first] = (await file(dev)).split("\n");
  const { text, label } = JSON.parse(first ?? "");
  return { sentence: text, word: words[labels.indexOf(String(label))].trim() };
}

/** The numbers a pattern finds in a text. */
function percents(text: string | null, pattern: RegExp): number[] {
  return Array.from((text ?? "").matchAll(pattern), ([, number]) => Number(number));
}

test("every other screen is accessible too", async ({ page }) => {
  await visit(page, "#setup");
  await button(page, "Use the trial model").click();
  await button(page, "Use the trial rows").click();
  await expect(page.getByRole("heading", { name: "As the model reads it" })).toBeVisible();
  await page.getByText("Advanced settings").click();
  await expectAccessible(page, "the setup page");
  await visit(page, "#runs");
  await expect(page.getByText("No runs yet.")).toBeVisible();
  await expectAccessible(page, "the empty page of runs");
});
