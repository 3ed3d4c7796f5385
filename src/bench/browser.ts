import { join } from "node:path";
import { dist, ensureBuild } from "../tools/build.mjs";
import { serve } from "../tools/serve.mjs";
import { ensureBrowser, softwareGpuArgs } from "../tools/setup.mjs";
import { pageBenches } from "./pageBenches.ts";

const LIMIT_MS = 10 * 60_000;

/**
 * Presses "Run" on the page of benches, in a browser without a window, and prints its tables.
 *
 * @param names  of benches; all of the page's if there are none
 */
export async function browserBench(names: readonly string[]): Promise<unknown> {
  const wrong = names.find((name) => !Object.hasOwn(pageBenches, name));
  if (wrong !== undefined) {
    const known = Object.keys(pageBenches).join(", ");
    throw new Error(`The page has no bench "${wrong}". It has: ${known}.`);
  }
  const { chromium } = await import("@playwright/test");
  ensureBuild();
  const { url, close } = await serve({ root: dist, port: 0 });
  const { executablePath, args, env } = await ensureBrowser();
  const browser = await chromium.launch({
    executablePath,
    args: [...args, ...softwareGpuArgs],
    env: { ...process.env, ...env } as Record<string, string>,
  });
  try {
    const page = await browser.newPage();
    const address = new URL(join("src", "bench", "page", "bench.html"), `${url}/`);
    for (const name of names) address.searchParams.append("bench", name);
    await page.goto(address.href);
    await page.getByRole("button", { name: "Run" }).click();
    await page.getByText(/^(Done\.|Failed:)/).waitFor({ timeout: LIMIT_MS });
    console.log(await page.locator("#tables").textContent());
    const json = await page.evaluate(() => (window as { benchJson?: string }).benchJson);
    if (json === undefined) throw new Error((await page.locator("#state").textContent()) ?? "");
    return JSON.parse(json);
  } finally {
    await browser.close();
    await close();
  }
}
