import { ZerothError } from "#base/errors.ts";

/** A repository on a hub, at a revision. */
export interface RepoName {
  /** `owner/name`. */
  readonly repo: string;
  /** Branch, tag or commit. */
  readonly revision: string;
}

/** The default hub. */
export const defaultEndpoint = "https://huggingface.co";

/** One part of a name as the hub allows it: begins and ends with a letter or digit. */
const NAME_PART = /^[A-Za-z0-9](?:[\w.-]{0,94}[A-Za-z0-9_])?$/;
/** What git and paths allow: no spaces, no "..", no backslash. */
const REVISION = /^(?!.*\.\.)[\w][\w./-]{0,199}$/;

/**
 * Parses what a person typed as a repository: `facebook/opt-125m`, `facebook/opt-125m@refs/pr/35`, or an
 * address of the hub with anything behind the name (`…/facebook/opt-125m/tree/main`).
 *
 * @param kind what the name is of; a data set's address has `/datasets/` before the name
 * @param endpoint the hub in use; addresses of other servers are refused
 * @throws ZerothError E-NET-7
 */
export function parseRepo(
  text: string,
  kind: "model" | "dataset" = "model",
  endpoint: string = defaultEndpoint,
): RepoName {
  const trimmed = text.trim();
  const isAddress =
    /^[a-z][a-z0-9+.-]*:\/\//i.test(trimmed) || trimmed.startsWith("huggingface.co/");
  const [path = "", revision = "main"] = isAddress
    ? fromAddress(trimmed, kind, endpoint)
    : splitOnce(trimmed, "@");
  const parts = path.split("/");
  // Some old data sets have no owner; every model of interest has one.
  const fewest = kind === "dataset" ? 1 : 2;
  if (parts.length > 2 || parts.length < fewest || !parts.every((part) => NAME_PART.test(part))) {
    const example = kind === "model" ? "facebook/opt-125m" : "stanfordnlp/sst2";
    throw new ZerothError(
      "E-NET-7",
      `${shown(text)} is not the name of a ${kind} on the hub. Write owner/name, such as ${example}, or ` +
        `paste the address of its page.`,
    );
  }
  if (!REVISION.test(revision)) {
    throw new ZerothError(
      "E-NET-7",
      `${shown(revision)} is not a revision. Write a branch, a tag or a commit after the @.`,
    );
  }
  return { repo: path, revision };
}

/**
 * Parses a hub's address: origin and path, without a slash at the end.
 *
 * @throws ZerothError E-NET-7 unless it is https or on this machine
 */
export function parseEndpoint(text: string): string {
  const url = URL.canParse(text.trim()) ? new URL(text.trim()) : undefined;
  const isLocal = url !== undefined && ["localhost", "127.0.0.1", "[::1]"].includes(url.hostname);
  if (url && (url.protocol === "https:" || (url.protocol === "http:" && isLocal))) {
    return (url.origin + url.pathname).replace(/\/+$/, "");
  }
  throw new ZerothError(
    "E-NET-7",
    `${shown(text)} cannot be the hub's address. It should begin with https://.`,
  );
}

function fromAddress(text: string, kind: "model" | "dataset", endpoint: string): readonly string[] {
  const address = text.startsWith("huggingface.co/") ? `https://${text}` : text;
  const base = `${endpoint.replace(/^https:\/\/(www\.)?/, "https://")}/`;
  const url = address.replace(
    /^https?:\/\/(www\.)?(hf\.co|huggingface\.co)\//,
    `${defaultEndpoint}/`,
  );
  if (!url.startsWith(base)) {
    throw new ZerothError(
      "E-NET-7",
      `${shown(text)} is not on ${endpoint}, the hub in use. Change the hub's address ` +
        `in the settings, or download the files and choose them here.`,
    );
  }
  const path = url.slice(base.length).split(/[?#]/, 1)[0] ?? "";
  const parts = path.split("/").filter((part) => part !== "");
  if (kind === "dataset" && parts[0] === "datasets") parts.shift();
  const behind = parts.findIndex((part) => ["tree", "blob", "resolve", "viewer"].includes(part));
  const name = parts.slice(0, behind < 0 ? 2 : behind).join("/");
  const names = behind >= 0 && parts[behind] !== "viewer" ? parts.slice(behind + 1) : [];
  const revision = names[0] === "refs" ? names.slice(0, 3).join("/") : (names[0] ?? "");
  return revision === "" ? [name] : [name, decoded(revision)];
}

/** The text without % escapes; unchanged if they are malformed, and then not a valid revision. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function splitOnce(text: string, mark: string): readonly string[] {
  const at = text.indexOf(mark);
  return at < 0 ? [text] : [text.slice(0, at), text.slice(at + 1)];
}

function shown(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}
