import { expect, type Page } from "@playwright/test";
import { test } from "./testing/pageTest.ts";
import {
  button,
  expectStatus,
  expectSteps,
  fingerprint,
  set,
  setUp,
  start,
  stepsDone,
  visit,
} from "./testing/visit.ts";

// Long enough to be in the middle of it when something happens.
const settings = { Steps: 48, "Batch size": 4, "Learning rate": "1e-4", "Evaluate every": 48 };
const middle = 8;

// One undisturbed run is what all others are held against.
test.describe
  .serial("a run that was disturbed ends with the weights of one that was not", () => {
    let undisturbed = "";

    test("left alone", async ({ page }) => {
      await begin(page);
      undisturbed = await fingerprint(page);
    });

    test("though the page is reloaded in the middle of it", async ({ page }) => {
      await begin(page);
      await expectSteps(page, middle);
      // The page asks whether to leave; a person in a hurry says yes.
      page.on("dialog", (dialog) => dialog.accept());
      await page.reload();
      await expectStatus(page, "Interrupted");
      expect(await stepsDone(page)).toBeGreaterThanOrEqual(middle);
      await button(page, "Resume").click();
      expect(await fingerprint(page)).toBe(undisturbed);
    });

    test("though its tab is closed and another one opened", async ({ page, context }) => {
      await begin(page);
      await expectSteps(page, middle);
      await page.close();
      const next = await context.newPage();
      await visit(next);
      await button(next, /^Resume MeZO on/).click();
      expect(await fingerprint(next)).toBe(undisturbed);
    });

    test("though the GPU's process crashes in the middle of it", async ({ page, browser }) => {
      await begin(page);
      await expectSteps(page, middle);
      const crash = await browser.newBrowserCDPSession();
      await crash.send("Browser.crashGpuProcess");
      const notice = page.getByRole("status").filter({ hasText: "E-GPU-6" });
      await expect(notice).toContainText("The GPU was reset by the browser or the system.");
      expect(await fingerprint(page)).toBe(undisturbed);
    });
  });

async function begin(page: Page): Promise<void> {
  await setUp(page);
  await set(page, settings);
  await start(page);
}
