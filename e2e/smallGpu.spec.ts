import { expect, type Page } from "@playwright/test";
import { test } from "./testing/pageTest.ts";
import { button, card, choose, expectSteps, fact, fixture, set, start } from "./testing/visit.ts";

/** Between what the tiny model takes with its weights as f32 and as f16. */
const LIMIT_BYTES = 1_050_000;

/** The page, on a GPU that refuses every buffer beyond so many bytes, as a full one does. */
async function visitWithLittleMemory(page: Page, limitBytes: number): Promise<void> {
  // The engine asks in its worker, which no init script reaches.
  await page.route("**/assets/worker-*.js", async (route) => {
    const response = await route.fetch();
    const body = `(${scarce.toString()})(${limitBytes});\n${await response.text()}`;
    await route.fulfill({ response, body });
  });
  await page.goto("/#setup");
}

/** Runs in the page's worker. */
function scarce(limitBytes: number): void {
  const device = GPUDevice.prototype;
  const buffer = GPUBuffer.prototype;
  const [create, destroy] = [device.createBuffer, buffer.destroy];
  const sizes = new WeakMap<GPUBuffer, number>();
  let taken = 0;
  device.createBuffer = function (descriptor) {
    if (taken + descriptor.size > limitBytes) {
      return create.call(this, { ...descriptor, size: 2 ** 48 });
    }
    const made = create.call(this, descriptor);
    taken += descriptor.size;
    sizes.set(made, descriptor.size);
    return made;
  };
  buffer.destroy = function () {
    taken -= sizes.get(this) ?? 0;
    sizes.delete(this);
    return destroy.call(this);
  };
}

test("what does not fit is refused with what would, a click away", async ({ page }) => {
  await test.step("a model that fits only as f16 is opened so", async () => {
    await visitWithLittleMemory(page, LIMIT_BYTES);
    await choose(page, "Choose a folder", fixture("opt-tiny-pre-ln"));
    const refusal = card(page, "Model").getByRole("alert");
    await expect(refusal).toContainText("E-MEM-1");
    await expect(refusal).toContainText(
      /needs 1\.\d MB of GPU memory to be trained: .* this GPU gave .* What would fit: this one with weights stored as f16 \(\d+ kB\)/,
    );
    await button(page, "Store weights as f16").click();
    await expect(fact(page, "Vocabulary")).not.toBeEmpty();
    await expect(refusal).toHaveCount(0);
    await expect(page.getByLabel("Weights stored as", { exact: true })).toHaveValue("f16");
  });

  await test.step("a batch that is too large is made as large as fits, and trains", async () => {
    await choose(page, "Choose rows", fixture("reviews.jsonl"));
    await set(page, { Steps: 2000, "Batch size": 64, "Evaluate every": 2000 });
    await start(page);
    const refusal = card(page, "Start").getByRole("alert");
    await expect(refusal).toContainText(
      /This run needs .* What would fit: batches of (one example|\d+ examples) \(/,
    );
    await button(page, /^Batches of (one example|\d+ examples)$/).click();
    await expect(refusal).toHaveCount(0);
    const batch = page.getByRole("textbox", { name: "Batch size", exact: true });
    expect(Number(await batch.inputValue())).toBeLessThan(64);
    await start(page);
    await expectSteps(page, 2);
  });
});
