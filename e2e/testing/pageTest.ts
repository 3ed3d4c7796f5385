import { test as base, type ConsoleMessage, expect, type Page } from "@playwright/test";

/** Errors of pages during a test: exceptions, logged errors and violations of the content policy. */
export type Complaints = string[];

/**
 * Playwright's test, which also fails if any of its pages throws, logs an error or breaks the
 * content policy.
 */
export const test = base.extend<{ complaints: Complaints }>({
  complaints: [
    async ({ context }, use) => {
      const complaints: Complaints = [];
      context.on("page", (page) => listen(page, complaints));
      await use(complaints);
      expect(complaints, "errors of the page").toEqual([]);
    },
    { auto: true },
  ],
});

/** Adds the errors of `page` to `complaints`; for pages of contexts that a test creates. */
export function listen(page: Page, complaints: Complaints): void {
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(inWords(message));
  });
}

function inWords(message: ConsoleMessage): string {
  return `${message.text()} (${message.location().url})`;
}
