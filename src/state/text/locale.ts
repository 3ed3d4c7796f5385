/**
 * Gives the page a language that Intl accepts. Under LANG=C, Chromium calls itself "en-US@posix",
 * which Intl.NumberFormat refuses; the chart library asks for it while it is being imported.
 */
export function mendLanguage(navigator: { readonly language: string }): void {
  try {
    new Intl.NumberFormat(navigator.language);
  } catch {
    Object.defineProperty(navigator, "language", { value: "en-US", configurable: true });
  }
}
