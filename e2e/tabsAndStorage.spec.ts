import { expect, type Page } from "@playwright/test";
import { test } from "./testing/pageTest.ts";
import {
  button,
  expectStatus,
  expectSteps,
  fact,
  fingerprint,
  set,
  setUp,
  start,
  stepsDone,
  visit,
} from "./testing/visit.ts";

const settings = { Steps: 60, "Batch size": 4, "Evaluate every": 60 };

test("a run that trains in one tab is followed in another, and can only be looked at there", async ({
  page,
  context,
}) => {
  await setUp(page);
  await set(page, { ...settings, Steps: 5000 });
  await start(page);
  await expectSteps(page, 2);
  const second = await context.newPage();
  await visit(second, "#runs");
  await expect(second.getByText("Open in another tab: read-only here.")).toBeVisible();
  await expect(second.getByRole("button", { name: /^Delete/ })).toHaveCount(0);
  await button(second, /^View MeZO on/).click();
  await expect(second.getByText("Running in another tab")).toBeVisible();
  await expect(second.getByRole("img", { name: /loss/i }).first()).toBeVisible();
  for (const name of ["Pause", "Resume", "Stop", "Open on the GPU"]) {
    await expect(button(second, name)).toHaveCount(0);
  }
  await expect(second.getByRole("textbox", { name: "Note" })).toHaveJSProperty("readOnly", true);
  await expectSteps(second, (await stepsDone(second)) + 1);

  // Nothing of it disturbed the first; once that lets go, the second may have the run.
  await button(page, "Pause").click();
  await expectStatus(page, "Paused");
  await expectStatus(second, "Paused");
  expect(await stepsDone(second)).toBe(await stepsDone(page));
  await page.close();
  await expect(button(second, "Resume")).toBeVisible();
  await expect(second.getByText("E-TAB-3")).toHaveCount(0);
});

test("a full disk is reported before a run starts, and a running one continues", async ({
  page,
  baseURL,
}) => {
  await setUp(page);
  await set(page, settings);
  const disk = await page.context().newCDPSession(page);
  const origin = new URL(baseURL ?? "").origin;
  const leave = (quotaSize?: number) =>
    disk.send("Storage.overrideQuotaForOrigin", { origin, ...(quotaSize ? { quotaSize } : {}) });

  // Less than the model takes. Chromium from 147 says so when asked; before, it promises gigabytes and
  // then rejects a write.
  await leave(200_000);
  await start(page);
  const refusal = page.getByRole("alert").filter({ hasText: "The run was not started" });
  await expect(refusal).toContainText("E-STORE-1");
  await expect(refusal).toContainText(/[1-9]\d* [kM]B.* nothing was started\. Delete runs/);

  await leave(2_500_000);
  await start(page);
  await expectSteps(page, 4);
  await fillStorage(page);
  await leave(1000);
  await button(page, "Pause").click();
  await expectStatus(page, "Paused");
  const trouble = page.getByRole("alert").filter({ hasText: "E-STORE-2" });
  await expect(trouble).toContainText("until storage accepts it");
  const stepsThen = await stepsDone(page);
  await button(page, "Resume").click();
  await expectSteps(page, stepsThen + 4);
  await expect(trouble).toHaveCount(1);

  await leave();
  const relief = page.getByRole("status").filter({ hasText: "E-STORE-2" });
  await expect(relief).toContainText("Storage accepts writes again.");
  await fingerprint(page);
  await expect(fact(page, "Last saved")).toHaveText("step 60");
  await expect(page.getByRole("alert")).toHaveCount(0);
});

/** Writes until storage is full. Chromium asks for the quota only when a write exceeds what it granted last. */
async function fillStorage(page: Page): Promise<void> {
  await page.evaluate(async () => {
    const opening = indexedDB.open("filler");
    opening.onupgradeneeded = () =>
      opening.result.createObjectStore("filler", { autoIncrement: true });
    await new Promise((resolve) => {
      opening.onsuccess = resolve;
    });
    const write = () =>
      new Promise<boolean>((resolve) => {
        const writing = opening.result.transaction("filler", "readwrite");
        writing.oncomplete = () => resolve(true);
        writing.onabort = () => resolve(false);
        writing.objectStore("filler").put(crypto.getRandomValues(new Uint8Array(60_000)));
      });
    for (let writes = 0; writes < 100 && (await write()); ) writes++;
    opening.result.close();
  });
}
