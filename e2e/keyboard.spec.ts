import { expect, type Locator, type Page } from "@playwright/test";
import { test } from "./testing/pageTest.ts";
import { button, expectStatus, expectSteps, stepsDone, visit } from "./testing/visit.ts";

test("training starts, pauses, resumes and stops by keyboard alone", async ({ page }) => {
  await visit(page);
  await tabTo(page, button(page, "Try it now"));
  await page.keyboard.press("Enter");
  await expectSteps(page, 2);
  // Space is the key of the run's page; the page took the focus when it came into view.
  await page.keyboard.press("Space");
  await expectStatus(page, "Paused");
  const steps = await stepsDone(page);
  await page.keyboard.press("Space");
  await expectSteps(page, steps + 1);

  await tabTo(page, button(page, "Pause"));
  await page.keyboard.press("Enter");
  await expectStatus(page, "Paused");
  await tabTo(page, button(page, "Stop"));
  await page.keyboard.press("Enter");
  const question = page.getByRole("alertdialog");
  await expect(question).toBeVisible();
  await page.keyboard.press("Escape");
  await expect(question).toHaveCount(0);
  await expect(button(page, "Stop")).toBeFocused();
  await page.keyboard.press("Enter");
  await tabTo(page, question.getByRole("button", { name: "Stop the run" }));
  await page.keyboard.press("Enter");
  await expectStatus(page, "Finished");
});

/** Presses Tab until the control has the focus. */
async function tabTo(page: Page, control: Locator): Promise<void> {
  await expect(control).toBeEnabled();
  for (let presses = 0; presses < 60; presses++) {
    if (await control.evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press("Tab");
  }
  throw new Error("Sixty presses of Tab did not reach the control.");
}
