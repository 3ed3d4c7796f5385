import AxeBuilder from "@axe-core/playwright";
import { expect, type Page } from "@playwright/test";

/**
 * Holds the screen in view to WCAG 2.2 A and AA as far as axe can tell: no serious finding, in light
 * and dark, and on a narrow screen nothing that must be scrolled sideways.
 */
export async function expectAccessible(page: Page, screen: string): Promise<void> {
  for (const colorScheme of ["light", "dark"] as const) {
    await page.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await expectNoFindings(page, `${screen}, ${colorScheme}`);
  }
  const size = page.viewportSize() ?? { width: 1280, height: 720 };
  await page.setViewportSize({ width: 360, height: 740 });
  await expectNoFindings(page, `${screen}, narrow`);
  const isTooWide = () =>
    document.documentElement.scrollWidth > document.documentElement.clientWidth;
  await expect
    .poll(() => page.evaluate(isTooWide), { message: `${screen} is too wide` })
    .toBe(false);
  await page.setViewportSize(size);
  await page.emulateMedia({ colorScheme: "light", reducedMotion: null });
}

async function expectNoFindings(page: Page, screen: string): Promise<void> {
  // From the top: what the header lies over after scrolling is no smaller for it.
  await page.evaluate(() => window.scrollTo(0, 0));
  const { violations } = await new AxeBuilder({ page })
    .withTags(["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"])
    .analyze();
  const serious = violations
    .filter(({ impact }) => impact === "serious" || impact === "critical")
    .map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join("  ")}`);
  expect(serious, `serious findings on ${screen}`).toEqual([]);
}
