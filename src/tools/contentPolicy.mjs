// @ts-check
// What the page may load and from where: one text, sent as a header by serve.mjs, and built into the
// pages for hosts that send no headers of their own.

/**
 * What the page needs and no more: its own files, and downloads from the Hugging Face Hub, whose
 * addresses redirect to hf.co (cas-bridge.xethub.hf.co, us.aws.cdn.hf.co). "Nothing leaves this
 * computer" is then the browser's promise too.
 *
 * @param {string} mirror  another hub the page may read from, and hosts it redirects to
 */
const directives = (mirror) => [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "manifest-src 'self'",
  `connect-src 'self' blob: https://huggingface.co https://*.huggingface.co https://*.hf.co ${mirror}`.trim(),
  "require-trusted-types-for 'script'",
  "trusted-types default",
  "base-uri 'none'",
  "form-action 'none'",
];

/**
 * The policy as a header.
 *
 * @param {string} [mirrors]  as ZEROTH_HUB has them
 * @throws {Error} for anything but addresses
 */
export function contentPolicy(mirrors) {
  // In a page this one would be passed over, with a complaint.
  return [...directives(mirrorSources(mirrors)), "frame-ancestors 'none'"].join("; ");
}

/**
 * The policy as an element of a built page. Requests of a worker are bound by the header of its own
 * script only: a host that can send headers should.
 *
 * @param {string} [mirrors]
 */
export function policyElement(mirrors) {
  const content = directives(mirrorSources(mirrors)).join("; ");
  return { tag: "meta", attrs: { "http-equiv": "Content-Security-Policy", content } };
}

/**
 * A built page without its element, for whoever sends the header: of two policies the browser takes
 * what both allow, and a mirror named when serving would stay shut.
 *
 * @param {string} html
 */
export function withoutPolicyElement(html) {
  return html.replace(/<meta http-equiv="Content-Security-Policy"[^>]*>\s*/, "");
}

/**
 * @param {string | undefined} text  addresses with spaces between them; a port may be `*`
 * @returns {string} what of them may stand in a policy: origins, and nothing that adds a directive
 */
function mirrorSources(text) {
  const origin = /^https?:\/\/[\w.*[\]:-]+$/;
  const sources = (text ?? "").split(/\s+/).map((part) => part.replace(/\/+$/, ""));
  const wrong = sources.find((part) => part !== "" && !origin.test(part));
  if (wrong !== undefined) {
    throw new Error(`ZEROTH_HUB has "${wrong}"; write addresses such as https://hub.example.org.`);
  }
  return sources.join(" ").trim();
}
