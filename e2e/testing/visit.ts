import { join } from "node:path";
import { expect, type Locator, type Page } from "@playwright/test";

const fixtures = join(import.meta.dirname, "..", "..", "test", "fixtures");

/** Path of a file or folder in test/fixtures. */
export function fixture(name: string): string {
  return join(fixtures, name);
}

/** Opens the page and waits until it has looked at the GPU. */
export async function visit(page: Page, hash = "#home"): Promise<void> {
  await page.goto(`/${hash}`);
  if (hash === "#home") await expect(button(page, "Try it now")).toBeEnabled();
}

export function button(page: Page, name: string | RegExp): Locator {
  return page.getByRole("button", { name, exact: typeof name === "string" });
}

/** Answers the file chooser a button opens. */
export async function choose(page: Page, name: string, files: string | string[]): Promise<void> {
  const chooser = page.waitForEvent("filechooser");
  await button(page, name).click();
  await (await chooser).setFiles(files);
}

/** A card of the setup page or of a run's page, by its title. */
export function card(page: Page, title: string): Locator {
  const heading = page.getByRole("heading", { name: new RegExp(`${title}$`) });
  return page.getByRole("region").filter({ has: heading });
}

/** A fact in a list of names with values. */
export function fact(page: Page, name: string): Locator {
  const term = page.getByRole("term").filter({ hasText: new RegExp(`^${name}$`) });
  return term.locator("xpath=following-sibling::dd[1]");
}

/** Types settings into the form, the advanced ones too. */
export async function set(page: Page, settings: Record<string, string | number>): Promise<void> {
  const advanced = page.locator("details").filter({ has: page.getByText("Advanced settings") });
  if ((await advanced.getAttribute("open")) === null) {
    await page.getByText("Advanced settings").click();
  }
  for (const [label, value] of Object.entries(settings)) {
    await page.getByRole("textbox", { name: label, exact: true }).fill(String(value));
  }
}

/** Opens the setup page with a tiny model of the fixtures and the reviews. */
export async function setUp(page: Page, model = "opt-tiny-pre-ln"): Promise<void> {
  await page.goto("/#setup");
  await choose(page, "Choose a folder", fixture(model));
  await expect(fact(page, "Vocabulary")).not.toBeEmpty();
  await choose(page, "Choose rows", fixture("reviews.jsonl"));
  await expect(fact(page, "Rows to train on")).not.toBeEmpty();
}

export async function start(page: Page): Promise<void> {
  await button(page, "Start training").click();
}

/** Waits until the run in view says so. */
export async function expectStatus(page: Page, word: string, timeout = 60_000): Promise<void> {
  const status = page.getByRole("status").filter({ hasText: new RegExp(`^${word}`) });
  await expect(status).toBeAttached({ timeout });
}

/** The steps the run in view has made. */
export async function stepsDone(page: Page): Promise<number> {
  const text = await page
    .getByRole("progressbar", { name: "Steps" })
    .getAttribute("aria-valuetext");
  return Number(/^[\d,]+/.exec(text ?? "")?.[0].replaceAll(",", "") ?? Number.NaN);
}

export async function expectSteps(page: Page, least: number, timeout = 60_000): Promise<void> {
  await expect.poll(() => stepsDone(page), { timeout }).toBeGreaterThanOrEqual(least);
}

/** Fingerprint of the finished run's weights. */
export async function fingerprint(page: Page): Promise<string> {
  await expectStatus(page, "Finished");
  const text = await page.getByText(/^[0-9a-f]{64}$/).textContent();
  return text ?? "";
}
