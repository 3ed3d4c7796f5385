import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "@playwright/test";
import { expectAccessible } from "./testing/accessibility.ts";
import { test } from "./testing/pageTest.ts";
import { button, card, choose, expectStatus, fact, fixture, set, start } from "./testing/visit.ts";

test("SST-2's files are recognised, looked over, drawn otherwise and trained on", async ({
  page,
}) => {
  await page.goto("/#setup");
  await choose(page, "Choose a folder", fixture("opt-tiny-pre-ln"));
  await expect(fact(page, "Vocabulary")).not.toBeEmpty();
  await choose(page, "Choose rows", await sst2Files());

  await expect(page.getByText("Recognised as SST-2")).toBeVisible();
  await expect(page.getByRole("combobox", { name: "Task" })).toHaveValue("SST2");
  await expect(fact(page, "Rows to train on")).toHaveText("52");
  await expect(fact(page, "Held out")).toHaveText("12");
  await expect(fact(page, "Final test")).toHaveText("10");
  const preview = page.getByRole("region", { name: "As the model reads it" });
  await expect(preview.locator("mark")).toHaveText(/(great|terrible)$/);
  await expect(preview.getByRole("list", { name: "Options" })).toContainText("negative");
  await button(page, "Next row").click();
  const place = preview.getByRole("textbox", { name: "Go to place" });
  await expect(place).toHaveValue("2");
  await place.fill("");
  await place.pressSequentially("31");
  await expect(place).toHaveValue("31");
  await preview.getByRole("combobox", { name: "Rows to look at" }).selectOption("test");
  await expect(place).toHaveValue("1");

  await page.getByText("Rows and split").click();
  const trained = page.getByRole("textbox", { name: "Rows to train on, at most" });
  await trained.fill("40");
  await trained.press("Enter");
  await expect(fact(page, "Rows to train on")).toHaveText("40");
  await page.getByText(/^Problems:/).click();
  await page.getByLabel("Rows that are also held out").selectOption("drop");
  await expect(
    page.getByText(/\d+ (rows|examples) of training are left out for this reason/),
  ).toBeVisible();
  await expect(fact(page, "Rows to train on")).not.toHaveText("40");
  await page
    .locator("summary")
    .filter({ hasText: /^Tokens$/ })
    .click();
  // The model sees fewer tokens than were asked for: what is in force stands in the field.
  const longest = page.getByRole("textbox", { name: "Longest row, in tokens" });
  const inForce = await longest.inputValue();
  await longest.fill("9999");
  await longest.press("Tab");
  await expect(longest).toHaveValue(inForce);
  await expectAccessible(page, "the data card, all unfolded");

  await set(page, { Steps: 3, "Batch size": 4, "Evaluate every": 100 });
  await start(page);
  await expectStatus(page, "Finished");
  await expect(card(page, "Result")).toContainText("Final test");
});

/** Reviews as GLUE has them; the second file holds rows of the first, which leak. */
async function sst2Files(): Promise<string[]> {
  const lines = (await readFile(fixture("reviews.jsonl"), "utf8")).trim().split("\n");
  const rows = lines.map((line) => {
    const { text, label }: { text: string; label: number } = JSON.parse(line);
    return `${text.toLowerCase()}\t${label}`;
  });
  const folder = await mkdtemp(join(tmpdir(), "zeroth-sst2-"));
  const write = async (name: string, part: readonly string[]) => {
    const path = join(folder, name);
    await writeFile(path, ["sentence\tlabel", ...part, ""].join("\n"));
    return path;
  };
  return [await write("train.tsv", rows), await write("dev.tsv", rows.slice(-10))];
}
