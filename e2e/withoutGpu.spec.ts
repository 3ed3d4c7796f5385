import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type BrowserContext, expect } from "@playwright/test";
import { softwareGpuArgs } from "../src/tools/browser.mjs";
import { root } from "../src/tools/paths.mjs";
import { listen, test } from "./testing/pageTest.ts";
import { button, expectStatus, expectSteps, set, setUp, start } from "./testing/visit.ts";

test("a browser without WebGPU shows what the page needs", async ({ page, complaints }) => {
  // As a host sends it that knows no headers: the page's own policy has to do.
  const path = join(root, "dist/index.html");
  await page.route(
    (url) => url.pathname === "/",
    (route) => route.fulfill({ path, contentType: "text/html" }),
  );
  // The engine asks in its worker, which no init script reaches: it is served without it.
  await page.route("**/assets/worker-*.js", async (route) => {
    const response = await route.fetch();
    const without = 'Object.defineProperty(navigator, "gpu", { value: undefined });\n';
    await route.fulfill({ response, body: without + (await response.text()) });
  });
  await page.goto("/");
  await expect(page.getByRole("heading", { name: "Training needs WebGPU" })).toBeVisible();
  await expect(page.getByText("E-GPU-1")).toBeVisible();
  await expect(page.getByRole("heading", { name: "Safari" })).toBeVisible();
  await expect(button(page, "Copy link")).toBeVisible();
  await button(page, "Browse saved runs").click();
  await expect(page.getByText("No runs yet.")).toBeVisible();

  const refused = page.evaluate(
    () =>
      new Promise((resolve) => {
        const tell = (event: SecurityPolicyViolationEvent) => resolve(event.effectiveDirective);
        document.addEventListener("securitypolicyviolation", tell, { once: true });
        fetch("https://elsewhere.example/").catch(() => {});
      }),
  );
  expect(await refused).toBe("connect-src");
  const starts = (url: string) =>
    page.evaluate((address) => {
      try {
        document.body.innerHTML = "<p>text</p>";
        return "innerHTML was set";
      } catch {
        // Trusted Types reject text as HTML; a worker's address is checked by the default policy.
      }
      try {
        new Worker(address).terminate();
        return "started";
      } catch (error) {
        return error instanceof Error ? error.name : String(error);
      }
    }, url);
  expect(await starts("data:text/javascript,1")).toBe("TypeError");
  const others = complaints.filter((text) => !/https:\/\/elsewhere\.example\/|Trusted/.test(text));
  complaints.splice(0, complaints.length, ...others);
});

test("a run cut short by the browser's death can be read where there is no GPU", async ({
  playwright,
  launchOptions,
  baseURL,
  complaints,
}) => {
  const profile = await mkdtemp(join(tmpdir(), "zeroth-profile-"));
  const openBrowser = async (args: string[]): Promise<BrowserContext> => {
    const options = { ...launchOptions, args, baseURL: baseURL ?? "", locale: "en-US" };
    const context = await playwright.chromium.launchPersistentContext(profile, options);
    context.on("page", (page) => listen(page, complaints));
    return context;
  };
  const args = launchOptions.args ?? [];
  await test.step("the browser is killed while a run is on", async () => {
    const context = await openBrowser(args);
    const page = await context.newPage();
    await setUp(page);
    await set(page, { Steps: 500, "Batch size": 4, "Evaluate every": 500 });
    await start(page);
    await expectSteps(page, 8);
    const gone = context.waitForEvent("close");
    process.kill(await processIdOf(context), "SIGKILL");
    await gone;
  });
  await test.step("the next one has no GPU, but the run's curve", async () => {
    const context = await openBrowser(args.filter((arg) => !softwareGpuArgs.includes(arg)));
    const page = await context.newPage();
    await page.goto("/");
    await expect(page.getByRole("heading", { name: "No GPU was offered" })).toBeVisible();
    await expect(page.getByText("E-GPU-2")).toBeVisible();
    await button(page, "Browse saved runs").click();
    await button(page, /^View MeZO on opt-tiny/).click();
    await expectStatus(page, "Interrupted");
    await expectSteps(page, 1);
    await expect(page.getByRole("img", { name: /loss/i }).first()).toBeVisible();
    await expect(button(page, "Resume")).toHaveCount(0);
    await context.close();
  });
  await rm(profile, { recursive: true, force: true });
});

/** Returns the id of the process that owns all others of a browser. */
async function processIdOf(context: BrowserContext): Promise<number> {
  const session = await context.browser()!.newBrowserCDPSession();
  const { processInfo } = await session.send("SystemInfo.getProcessInfo");
  return processInfo.find(({ type }) => type === "browser")!.id;
}
