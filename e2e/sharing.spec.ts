import { expect, type Page } from "@playwright/test";
import { expectAccessible } from "./testing/accessibility.ts";
import { download } from "./testing/downloads.ts";
import { test } from "./testing/pageTest.ts";
import {
  button,
  card,
  expectStatus,
  fact,
  fingerprint,
  set,
  setUp,
  start,
  visit,
} from "./testing/visit.ts";

test("a run goes to another person as a link and as a bundle", async ({ page, browser }) => {
  await setUp(page);
  await set(page, { Steps: 8, "Learning rate": "0.001", "Evaluate every": 4 });
  await start(page);
  const recorded = await fingerprint(page);
  await button(page, "Share settings").click();
  const link = await page.getByRole("textbox", { name: "Link to these settings" }).inputValue();
  await expect(page.getByRole("textbox", { name: "Command" })).toHaveValue(/--max_steps 8 /);
  await expectAccessible(page, "the settings to share");
  await button(page, "Close").click();
  const { bytes } = await download(page, "Save bundle");

  const other = await (await browser.newContext()).newPage();
  await other.goto(link);
  await expect(other.getByText("Settings taken over.")).toBeVisible();
  await expect(other.getByRole("textbox", { name: "Steps", exact: true })).toHaveValue("8");
  await expect(other.getByRole("textbox", { name: "Learning rate" })).toHaveValue("0.001");

  const bundle = { name: "run.zip", mimeType: "application/zip", buffer: bytes };
  await visit(other, "#runs");
  await openBundle(other, bundle);
  await expect(other.getByRole("alert")).toContainText("Open that model first");
  await setUp(other);
  await visit(other, "#runs");
  await openBundle(other, bundle);
  await expect(other.getByText("Rebuilt to the same bits")).toBeVisible();
  await expectStatus(other, "Finished");
  expect(await fingerprint(other)).toBe(recorded);
  await expect(card(other, "Result")).toContainText("%");
  await expect(button(other, "Resume")).toHaveCount(0);
  await expectAccessible(other, "a run from a bundle");
  await other.context().close();
});

test("a run saved as a zip is opened in another browser with its data and weights", async ({
  page,
  browser,
}) => {
  await setUp(page);
  await set(page, { Steps: 4, "Learning rate": "0.001", "Evaluate every": 4 });
  await start(page);
  await expectStatus(page, "Finished");
  const recorded = await fingerprint(page);
  const { bytes } = await download(page, "Save run as a zip");

  const other = await (await browser.newContext()).newPage();
  await visit(other, "#runs");
  const chooser = other.waitForEvent("filechooser");
  await button(other, "Open a run zip").click();
  await (await chooser).setFiles({ name: "a.zip", mimeType: "application/zip", buffer: bytes });
  await button(other, /^View /).click();
  await expectStatus(other, "Finished");
  expect(await fingerprint(other)).toBe(recorded);
  await other.context().close();
});

test("a command of run.py fills the form, and a bad one changes nothing", async ({ page }) => {
  await visit(page, "#setup");
  await button(page, "Import settings").click();
  const box = page.getByRole("textbox", { name: "Command line, link or JSON" });
  await box.fill("python run.py --trainer regular --max_steps 5");
  await button(page, "Take over").click();
  await expect(page.getByRole("alert")).toContainText("needs backpropagation");
  await expectAccessible(page, "the import of settings");
  await box.fill("python run.py --task_name SST2 --trainer zo --learning_rate 1e-7 --max_steps 77");
  await button(page, "Take over").click();
  await expect(page.getByRole("textbox", { name: "Steps", exact: true })).toHaveValue("77");
  await expect(page.getByText("The task SST2 is applied once rows are open.")).toBeVisible();
  await button(page, "Use the trial model").click();
  await expect(fact(page, "Vocabulary")).not.toBeEmpty();
});

async function openBundle(
  page: Page,
  bundle: { name: string; mimeType: string; buffer: Buffer },
): Promise<void> {
  const chooser = page.waitForEvent("filechooser");
  await button(page, "Open a bundle").click();
  await (await chooser).setFiles(bundle);
}
