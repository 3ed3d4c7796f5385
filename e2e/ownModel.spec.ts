import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "@playwright/test";
import { tensor } from "./testing/checkpoints.ts";
import { downloadModel } from "./testing/downloads.ts";
import { test } from "./testing/pageTest.ts";
import {
  button,
  card,
  choose,
  expectStatus,
  expectSteps,
  fact,
  fingerprint,
  fixture,
  set,
  start,
} from "./testing/visit.ts";

const short = { Steps: 6, "Batch size": 4, "Learning rate": "1e-4", "Evaluate every": 100 };
const oneWeight = "model.decoder.layers.0.fc1.weight";

test("a folder with safetensors and rows of one's own become a trained model", async ({ page }) => {
  await page.goto("/#setup");
  await choose(page, "Choose a folder", fixture("opt-tiny-pre-ln"));
  await expect(fact(page, "Stored as")).toHaveText("F32, safetensors");
  await choose(page, "Choose rows", await ownRows());

  // Another column and other words than those that were guessed.
  await page.getByLabel("Label column").selectOption("verdict");
  await page.getByRole("textbox", { name: "Word for label bad" }).fill(" terrible");
  await page.getByRole("textbox", { name: "Word for label good" }).fill(" great");
  await page.getByRole("textbox", { name: "Prompt template" }).fill("Review: {opinion} It was");
  const preview = page.getByRole("region", { name: "As the model reads it" });
  await expect(preview).toContainText("Review:");
  await expect(preview.locator("mark").first()).toBeVisible();

  await set(page, short);
  await start(page);
  const sha256 = await fingerprint(page);
  const files = await downloadModel(page);
  const trained = files.get("model.safetensors") ?? new Uint8Array();
  const base = await readFile(join(fixture("opt-tiny-pre-ln"), "model.safetensors"));
  expect(tensor(trained, oneWeight).equals(tensor(base, oneWeight))).toBe(false);
  expect(tensor(trained, oneWeight).length).toBe(tensor(base, oneWeight).length);
  expect(Buffer.from(files.get("README.md") ?? []).toString()).toContain(sha256.slice(0, 12));
});

test("loose files with pytorch_model.bin train as well: by a new head, stored as halves, stopped when paused", async ({
  page,
}) => {
  const names = ["config.json", "vocab.json", "merges.txt", "pytorch_model.bin"];
  await page.goto("/#setup");
  await choose(
    page,
    "Choose files",
    names.map((name) => join(fixture("opt-tiny-post-ln"), name)),
  );
  await expect(fact(page, "Stored as")).toHaveText("F32, pytorch");
  await choose(page, "Choose rows", fixture("reviews.jsonl"));
  await expect(fact(page, "Rows to train on")).toHaveText("40");
  await page.getByRole("radio", { name: "By a new head (prompt-free)" }).check();
  await expect(page.getByText("tells 0, 1 apart")).toBeVisible();
  await set(page, { ...short, Steps: 500 });
  await page.getByLabel("Weights stored as").selectOption("f16");
  await start(page);
  await expectSteps(page, 1);
  await button(page, "Pause").click();
  await expectStatus(page, "Paused");
  await button(page, "Stop").click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Stop the run" }).click();
  expect(await fingerprint(page)).toMatch(/^[0-9a-f]{64}$/);
  // Stopped between two evaluations, it was scored where it stands.
  await expect(card(page, "Result")).toContainText("%");
  const files = await downloadModel(page);
  const config = JSON.parse(Buffer.from(files.get("config.json") ?? []).toString());
  expect(config.architectures).toEqual(["OPTForSequenceClassification"]);
  // A row of numbers a label, two bytes a number.
  const weights = files.get("model.safetensors") ?? new Uint8Array();
  expect(tensor(weights, "score.weight").length).toBe(2 * config.word_embed_proj_dim * 2);
});

test("half-precision weights in several files open with OPT's own tokenizer", async ({ page }) => {
  await page.goto("/#setup");
  await choose(page, "Choose a folder", fixture("opt-tiny-real-vocab"));
  await expect(fact(page, "Stored as")).toHaveText("F16, safetensors");
  await expect(fact(page, "Vocabulary")).toHaveText("50,272");
});

/** The reviews as a CSV file, with columns and labels that nothing can guess. */
async function ownRows(): Promise<string> {
  const lines = (await readFile(fixture("reviews.jsonl"), "utf8")).trim().split("\n");
  const rows = lines.map((line, i) => {
    const { text, label }: { text: string; label: number } = JSON.parse(line);
    return `${i},"${text.replaceAll('"', '""')}",${label === 1 ? "good" : "bad"}`;
  });
  const path = join(await mkdtemp(join(tmpdir(), "zeroth-rows-")), "opinions.csv");
  await writeFile(path, ["number,opinion,verdict", ...rows, ""].join("\r\n"));
  return path;
}
