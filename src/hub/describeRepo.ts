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

/** Everything a person should know before agreeing to a download, and all a download needs. */
export interface RepoDescription {
  readonly repo: string;
  /** As asked for. */
  readonly revision: string;
  /** What the revision is at this moment, 40 hex digits; the files are of this commit. */
  readonly commit: string;
  /** Config and tokenizer first, weights last. */
  readonly files: readonly RepoFile[];
  readonly totalBytes: number;
  readonly format: "safetensors" | "pytorch";
  readonly licence: Licence;
  /** The model's page, for people. */
  readonly address: string;
  /** It is handed out only to those who agreed to its terms there. */
  readonly isGated: boolean;
  /** Parsed config.json: enough to refuse a foreign model and to plan memory before the download. */
  readonly config: Readonly<Record<string, unknown>>;
}

/**
 * What a download of this model would fetch. Reads listings and small texts, not a byte of weights.
 *
 * @throws as `request`; E-NET-3 with the nearest known name; E-FILE-1 if it holds no weights or no
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

/** Where a file's bytes are. */
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

/** Files at the top whose size and hash are known; a name with a path never leaves this function. */
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

/** Configs and indexes are small; whatever is larger is none. */
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
