/** The part of Trusted Types that this file needs; TypeScript's DOM library lacks it. */
declare const trustedTypes:
  | {
      createPolicy(
        name: string,
        rules: { createScriptURL(url: string): string | undefined },
      ): unknown;
    }
  | undefined;

/**
 * Lets this page and its workers start workers from their own origin. The content policy has
 * `require-trusted-types-for 'script'`, so the browser rejects every other script given as text.
 */
export function trustOwnScripts(): void {
  if (typeof trustedTypes === "undefined") return;
  trustedTypes.createPolicy("default", {
    createScriptURL: (url) =>
      new URL(url, location.href).origin === location.origin ? url : undefined,
  });
}
