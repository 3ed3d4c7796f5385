import { readFile } from "node:fs/promises";
import type { Page } from "@playwright/test";
import { unzipSync } from "fflate";
import { button } from "./visit.ts";

/** What a download button hands over: its name and its bytes. */
export async function download(
  page: Page,
  name: string | RegExp,
): Promise<{ name: string; bytes: Buffer; text: string }> {
  const event = page.waitForEvent("download");
  await button(page, name).click();
  const file = await event;
  const bytes = await readFile(await file.path());
  return { name: file.suggestedFilename(), bytes, text: bytes.toString("utf8") };
}

/** Files of the folder of the last step's model, by name. */
export async function downloadModel(page: Page): Promise<ReadonlyMap<string, Uint8Array>> {
  const { bytes } = await download(page, /^Download (model|the last )/);
  const entries = Object.entries(unzipSync(bytes));
  return new Map(entries.map(([path, file]) => [path.slice(path.indexOf("/") + 1), file]));
}
