import { expect } from "@playwright/test";
import { expectAccessible } from "./testing/accessibility.ts";
import { downloadModel } from "./testing/downloads.ts";
import {
  COMMIT,
  dataset,
  expectSent,
  forgive,
  modelName,
  openHub,
  visitHub,
  weightsBytes,
  weightsPath,
} from "./testing/hub.ts";
import { test } from "./testing/pageTest.ts";
import { button, choose, fact, fingerprint, fixture, set, start } from "./testing/visit.ts";

const short = { Steps: 4, "Batch size": 4, "Evaluate every": 100 };

test("a model is agreed to, goes on after a reload where it stopped, trains, and works offline", async ({
  page,
  context,
  complaints,
}) => {
  const local = await openHub();
  await visitHub(page, local);
  await button(page, /^opt-125m/).click();
  const offer = page.getByRole("region", { name: `Offer of ${modelName}` });
  await expect(offer).toContainText("non-commercial research only");
  await expect(offer.getByRole("link", { name: "Read it" })).toHaveAttribute(
    "href",
    `${local.hub.endpoint}/${modelName}/blob/${COMMIT}/LICENSE.md`,
  );
  await expect(fact(page, "Parameters")).toHaveText("153 k");
  await expect(offer.getByRole("listitem").filter({ hasText: "MeZO, LeZO" })).toContainText("≈");
  expect(local.sentBytes.get(weightsPath)).toBeUndefined();
  await expectAccessible(page, "the offer of a model");

  // Half way nothing more comes; the tab is reloaded.
  const half = 300_000;
  local.faults.set(weightsPath, [{ kind: "stall", afterBytes: half }]);
  await button(page, /^Agree and download/).click();
  await expectSent(local, weightsPath, half);
  await expect(page.getByRole("region", { name: "Download of" })).toContainText("Downloading");
  await expect(page.getByRole("progressbar")).toHaveAttribute("aria-valuetext", /^3\d\d kB of/);
  await page.reload();
  await expect(page.getByText(/Not finished: 3\d\d kB of/)).toBeVisible();
  await button(page, `Go on with ${modelName}`).click();
  await button(page, `Open ${modelName}`).click();
  await expect(fact(page, "Stored as")).toHaveText("F32, safetensors");
  expect(local.sentBytes.get(weightsPath)).toBe(weightsBytes);

  // From here on without the hub.
  await local.close();
  await context.setOffline(true);
  await page.getByLabel("Model on the hub").fill("facebook/opt-350m");
  await button(page, "Look up").first().click();
  await expect(page.getByRole("alert")).toContainText("E-NET-1");
  await button(page, `Open ${modelName}`).click();
  await expect(page.getByText(`commit ${COMMIT.slice(0, 8)}, licence “other”`)).toBeVisible();
  await context.setOffline(false);

  await choose(page, "Choose rows", fixture("reviews.jsonl"));
  await set(page, short);
  await start(page);
  await fingerprint(page);
  const files = await downloadModel(page);
  const readme = Buffer.from(files.get("README.md") ?? []).toString();
  expect(readme).toContain(`base_model: "${modelName}"`);
  expect(readme).toContain(`at commit ${COMMIT.slice(0, 12)}`);
  expect(readme).toContain(`--model_name ${modelName}`);
  forgive(complaints, local);
});

test("every error of the hub has one clear message, and a token opens a gated model", async ({
  page,
  complaints,
}) => {
  const local = await openHub({ token: "hf_secret" });
  await visitHub(page, local);
  const lookUp = async (name: string) => {
    await page.getByLabel("Model on the hub").fill(name);
    await button(page, "Look up").first().click();
  };
  const alert = page.getByRole("alert");
  await lookUp("facebook/opt-125");
  await expect(alert).toContainText("Did you mean facebook/opt-125m?");
  await lookUp("opt 125m");
  await expect(alert).toContainText("E-NET-7");
  await lookUp(`${local.hub.endpoint}/${modelName}`);
  await expect(alert).toContainText("enter a read token here");
  await page.getByLabel("Access token").first().fill("hf_secret");
  await lookUp(modelName);
  await expect(button(page, /^Agree and download/)).toBeVisible();

  // Asked to wait, it waits; a byte that was changed on the way is found out.
  const wait = { kind: "status", status: 429, headers: { "Retry-After": "2" } } as const;
  local.faults.set(weightsPath, [wait, { kind: "flipByte", at: 1000 }]);
  await button(page, /^Agree and download/).click();
  await expect(page.getByText("The hub asks to wait (too many requests).")).toBeVisible();
  await expect(alert).toContainText("does not match the checksum");
  await expect(button(page, `Open ${modelName}`)).toHaveCount(0);
  await button(page, `Go on with ${modelName}`).click();
  await button(page, `Open ${modelName}`).click();
  await expect(fact(page, "Stored as")).toHaveText("F32, safetensors");

  // The token is nowhere but in the page: gone after a reload.
  await page.reload();
  await expect(page.getByText("Models on this computer")).toBeVisible();
  await expect(page.getByLabel("Access token")).toHaveValue("");
  await button(page, `Delete ${modelName}`).click();
  await button(page, "Delete the download").click();
  await expect(page.getByText("Models on this computer")).toHaveCount(0);
  await local.close();
  forgive(complaints, local);
});

test("rows of a data set are taken by its name, and the run remembers which", async ({ page }) => {
  const local = await openHub();
  await visitHub(page, local);
  await button(page, "Use the trial model").click();
  await expect(fact(page, "Vocabulary")).not.toBeEmpty();
  await page.getByText("Rows from the Hugging Face Hub").click();
  await page.getByLabel("Data set on the hub").fill(dataset);
  await button(page, "Look up").nth(1).click();
  const offer = page.getByRole("region", { name: `Offer of ${dataset}` });
  await expect(offer.getByRole("combobox").first()).toContainText("train, 48 rows, 2.7 kB");
  await expect(offer.getByRole("combobox").last()).toHaveValue("validation");
  await expectAccessible(page, "the offer of a data set");
  await button(page, "Download 4.6 kB and open").click();
  await expect(fact(page, "Format")).toHaveText("PARQUET");
  // Known by its columns as SST-2: its validation split is for the end, as in MeZO.
  await expect(fact(page, "Rows to train on")).toHaveText("39");
  await expect(fact(page, "Held out")).toHaveText("9");
  await expect(fact(page, "Final test")).toHaveText("16");

  // Once here, no hub is needed.
  await local.close();
  await button(page, `Open ${dataset} (train, validation)`).click();
  await expect(fact(page, "Final test")).toHaveText("16");
  await set(page, short);
  await start(page);
  await fingerprint(page);
  const files = await downloadModel(page);
  const readme = Buffer.from(files.get("README.md") ?? []).toString();
  expect(readme).toContain(`datasets: ["${dataset}"]`);
});
