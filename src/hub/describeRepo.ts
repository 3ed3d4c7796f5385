import { ZerothError } from "#base/errors.ts";
import { z } from "#base/schema.ts";
import { parseJsonObject } from "#data/formats/json.ts";
import type { CachePlan } from "./blobCache.ts";
import { askHub, readLimited } from "./hubJson.ts";
import { knownLicence, type Licence, nearestKnown } from "./knownModels.ts";
import { neededFiles, readIndexShards, type SmallText } from "./neededFiles.ts";
import type { RepoFile } from "./repoFile.ts";
import type { RepoName } from "./repoName.ts";
import { type Hub, request } from "./request.ts";
import {
  card,
  commitHash,
  gated,
  hashedFile,
  isGated,
  licenceId,
  listing,
  type Sibling,
} from "./siblings.ts";

/** What is shown before a download, and what the download needs. */
export interface RepoDescription {
  readonly repo: string;
  /** As requested. */
  readonly revision: string;
  /** The commit that the revision names now, 40 hex digits. */
  readonly commit: string;
  /** Config and tokenizer first, weights last. */
  readonly files: readonly RepoFile[];
  readonly totalBytes: number;
  readonly format: "safetensors" | "pytorch";
  readonly licence: Licence;
  /** The address of its page. */
  readonly address: string;
  /** Access requires accepting the terms on its page. */
  readonly isGated: boolean;
  /** Parsed config.json, to refuse unsupported models and plan memory before the download. */
  readonly config: Readonly<Record<string, unknown>>;
}

/**
 * The files that a download of this model would fetch. Reads listings and small texts, no weights.
 *
 * @throws as `request`; E-NET-3 with the nearest known name; E-FILE-1 or E-FILE-7 if it has no weights or no
 *   tokenizer that can be read
 */
export async function describeRepo(
  hub: Hub,
  { repo, revision }: RepoName,
  signal?: AbortSignal,
): Promise<RepoDescription> {
  const path = `/api/models/${repo}/revision/${encodeURIComponent(revision)}?blobs=true`;
  const missing = missingSentence(hub, repo, revision);
  const info = await askHub(hub, path, modelInfo, { what: repo, missing, signal });
  const listed = info.siblings.flatMap(asRepoFile);
  const pinned = { repo, commit: info.sha };
  const read: SmallText = (file) => readText(hub, pinned, file, signal);
  const shards = await readIndexShards(listed, read);
  const { files, format } = neededFiles(repo, listed, shards);
  const config = files.find((file) => file.path === "config.json");
  return {
    repo,
    revision,
    commit: info.sha,
    files,
    format,
    totalBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
    licence: licenceOf(repo, info, listed),
    address: `${hub.endpoint}/${repo}`,
    isGated: isGated(info.gated),
    config: config ? parseJsonObject(await read(config), `config.json of ${repo}`) : {},
  };
}

/** The address of a file's bytes. */
export function addressOf(
  hub: Hub,
  { kind, repo, commit }: Pick<CachePlan, "kind" | "repo" | "commit">,
  path: string,
): string {
  const name = kind === "dataset" ? `datasets/${repo}` : repo;
  const parts = path.split("/").map(encodeURIComponent);
  return `${hub.endpoint}/${name}/resolve/${commit}/${parts.join("/")}`;
}

const modelInfo = z.object({
  sha: commitHash,
  siblings: listing,
  cardData: card,
  gated,
});

type ModelInfo = z.infer<typeof modelInfo>;

/** The file if it is at the top level and its size and hash are known. Names with a path are dropped here. */
function asRepoFile(listed: Sibling): RepoFile[] {
  if (!/^[\w-][\w.-]{0,200}$/.test(listed.rfilename)) return [];
  return hashedFile(listed);
}

function licenceOf(repo: string, { cardData }: ModelInfo, files: readonly RepoFile[]): Licence {
  const known = knownLicence(repo);
  if (known) return known;
  const id = licenceId(cardData);
  const file = files.find(({ path }) => /^licen[cs]e(\.\w+)?$/i.test(path));
  const summary =
    id === "unknown"
      ? "The model's page names no licence. Ask its author before using it."
      : (cardData?.license_name ?? id);
  return { id, summary, file: file?.path ?? null };
}

function missingSentence(hub: Hub, repo: string, revision: string): string {
  const nearest = nearestKnown(repo);
  const at = revision === "main" ? "" : ` at "${revision}"`;
  const start = `There is no model "${repo}"${at} on ${hub.endpoint}, or it is private.`;
  if (nearest !== undefined && nearest !== repo) return `${start} Did you mean ${nearest}?`;
  return `${start} Check the name${at === "" ? "" : " and the revision"}.`;
}

/** Largest config or index that is read. */
const MAX_TEXT_BYTES = 4_000_000;

async function readText(
  hub: Hub,
  pinned: Pick<CachePlan, "repo" | "commit">,
  file: RepoFile,
  signal?: AbortSignal,
): Promise<string> {
  const what = `${file.path} of ${pinned.repo}`;
  if (file.sizeBytes > MAX_TEXT_BYTES) {
    throw new ZerothError(
      "E-FILE-1",
      `${what} has ${file.sizeBytes} bytes; such a file has at most ${MAX_TEXT_BYTES}.`,
    );
  }
  const answer = await request(hub, addressOf(hub, pinned, file.path), { what, signal });
  return readLimited(answer, what);
}
