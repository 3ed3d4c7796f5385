import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, type Page } from "@playwright/test";
import { type HubContent, type LocalHub, startLocalHub } from "../../src/hub/testing/localHub.ts";
import { COMMIT } from "../../src/hub/testing/models.ts";
import type { Complaints } from "./pageTest.ts";
import { fixture } from "./visit.ts";

/** The name the local hub's model goes by, and where its weights are. */
export const modelName = "facebook/opt-125m";
export const weightsPath = `/${modelName}/resolve/${COMMIT}/model.safetensors`;
export const weightsBytes = readFileSync(
  join(fixture("opt-tiny-pre-ln"), "model.safetensors"),
).length;
export const dataset = "stanfordnlp/sst2";
export { COMMIT };

/** A hub with a tiny model under a known name, and a data set of two splits. */
export function openHub(more: Partial<HubContent> = {}): Promise<LocalHub> {
  const folder = fixture("opt-tiny-pre-ln");
  const names = readdirSync(folder).filter((name) => /\.(json|txt|safetensors)$/.test(name));
  const files = names.map((name) => [name, bytesOf(join(folder, name))] as const);
  const parquet = (split: string) => bytesOf(fixture(`reviews.${split}.parquet`));
  const cardData = {
    license: "unknown",
    dataset_info: { splits: [{ name: "train", num_examples: 48 }] },
  };
  return startLocalHub({
    repo: modelName,
    commit: COMMIT,
    cardData: { license: "other" },
    files: Object.fromEntries(files),
    datasets: {
      [dataset]: {
        cardData,
        files: {
          "default/train/0000.parquet": parquet("train"),
          "default/validation/0000.parquet": parquet("validation"),
        },
      },
    },
    ...more,
  });
}

/** Opens the setup page with this hub in the place of huggingface.co. */
export async function visitHub(page: Page, { hub }: LocalHub): Promise<void> {
  await page.goto("/#setup");
  await page.getByText("Mirror and sign-in").click();
  await page.getByLabel("Address of the hub").fill(hub.endpoint);
  await page.getByText("Mirror and sign-in").click();
}

/** Takes back what the browser itself logs of requests that were meant to fail. */
export function forgive(complaints: Complaints, { hub }: LocalHub): void {
  const others = complaints.filter(
    (text) => !(text.startsWith("Failed to load resource") && text.includes(hub.endpoint)),
  );
  complaints.splice(0, complaints.length, ...others);
}

/** Waits until the download in view has so many bytes on the way to this computer. */
export async function expectSent({ sentBytes }: LocalHub, path: string, bytes: number) {
  await expect.poll(() => sentBytes.get(path) ?? 0).toBeGreaterThanOrEqual(bytes);
}

function bytesOf(path: string): Uint8Array {
  return new Uint8Array(readFileSync(path));
}
