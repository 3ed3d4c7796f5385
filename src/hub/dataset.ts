import { ZerothError } from "#base/errors.ts";
import { z } from "#base/schema.ts";
import { listOf, quote } from "#base/text.ts";
import { askHub } from "./hubJson.ts";
import type { Licence } from "./knownModels.ts";
import type { RepoFile } from "./repoFile.ts";
import type { RepoName } from "./repoName.ts";
import type { Hub } from "./request.ts";
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

/** A data set on the hub, as the Parquet files that the hub keeps of every data set. */
export interface DatasetDescription {
  /** Its current name; the hub redirects old names. */
  readonly repo: string;
  readonly revision: string;
  /** The commit of the branch that holds the Parquet files. */
  readonly commit: string;
  readonly licence: Licence;
  /** The address of its page. */
  readonly address: string;
  readonly isGated: boolean;
  readonly configs: readonly DatasetConfig[];
}

export interface DatasetConfig {
  /** The configuration: "sst2" of "nyu-mll/glue"; "default" if there is only one. */
  readonly name: string;
  readonly splits: readonly DatasetSplit[];
}

export interface DatasetSplit {
  /** "train", "validation", "test". */
  readonly name: string;
  /** As the data set's card states it; null if it does not. */
  readonly rows: number | null;
  readonly sizeBytes: number;
  readonly files: readonly RepoFile[];
}

/** Where the hub keeps its Parquet copy of every data set. @see huggingface.co/docs/dataset-viewer */
const PARQUET_BRANCH = "refs/convert/parquet";
/** Rows are read in memory; tables for fine-tuning have a few MB. */
const MAX_BYTES = 500_000_000;

/**
 * The configurations and splits of a data set. Reads listings only.
 *
 * @throws as `request`; ZerothError E-NET-3 for a revision other than the newest; E-DATA-1 if the hub
 *   has no Parquet files of it
 */
export async function describeDataset(
  hub: Hub,
  { repo, revision }: RepoName,
  signal?: AbortSignal,
): Promise<DatasetDescription> {
  if (revision !== "main") {
    throw new ZerothError(
      "E-NET-3",
      `The hub keeps Parquet files of a data set's newest revision only, not of "${revision}". Leave ` +
        `the revision out; the commit that is read is recorded with the run.`,
    );
  }
  const missing = `There is no data set "${repo}" on ${hub.endpoint}, or it is private. Check the name.`;
  const what = `data set ${repo}`;
  const info = await askHub(hub, `/api/datasets/${repo}`, datasetInfo, { what, missing, signal });
  const id = info.id ?? repo;
  const branch = `/api/datasets/${id}/revision/${encodeURIComponent(PARQUET_BRANCH)}?blobs=true`;
  const none = noParquet(hub, id);
  const listing = await askHub(hub, branch, branchInfo, { what, missing: none, signal });
  const configs = configsOf(listing.siblings, rowCounts(info.cardData));
  if (configs.length === 0) throw new ZerothError("E-DATA-1", none);
  return {
    repo: id,
    revision,
    commit: listing.sha,
    configs,
    isGated: isGated(info.gated),
    licence: licenceOf(licenceId(info.cardData)),
    address: `${hub.endpoint}/datasets/${id}`,
  };
}

/**
 * The files of these splits, in reading order.
 *
 * @throws ZerothError E-DATA-1 if a split does not exist, -9 if the files are larger than 500 MB
 */
export function splitFiles(
  { repo }: Pick<DatasetDescription, "repo">,
  { name, splits }: DatasetConfig,
  wanted: readonly string[],
): readonly RepoFile[] {
  const chosen = [...new Set(wanted)].map((split) => {
    const found = splits.find((one) => one.name === split);
    if (found) return found;
    const there = listOf(splits.map((one) => one.name));
    throw new ZerothError(
      "E-DATA-1",
      `${repo} ${name} has no split ${quote(split)}, only ${there}. Choose one of those.`,
    );
  });
  const sizeBytes = chosen.reduce((sum, one) => sum + one.sizeBytes, 0);
  if (sizeBytes <= MAX_BYTES) return chosen.flatMap(({ files }) => files);
  throw new ZerothError(
    "E-DATA-9",
    `${repo} ${name} has ${Math.round(sizeBytes / 1e6)} MB in these splits; at most ${MAX_BYTES / 1e6} ` +
      `MB are read. Download it, take the rows you need, and choose that file here.`,
  );
}

/** Whether a file of the Parquet branch belongs to a split. */
export function isOfSplit(path: string, split: string): boolean {
  return splitOf(path)?.split === split;
}

/** The splits of these files, in their order. */
export function splitsOf(files: readonly RepoFile[]): readonly string[] {
  return [...new Set(files.flatMap(({ path }) => splitOf(path)?.split ?? []))];
}

/** Parses `default/train/0000.parquet`. Very large data sets have a part only: `default/partial-train/0000.parquet`. */
function splitOf(path: string): { readonly config: string; readonly split: string } | undefined {
  const [config, split, file, ...more] = path.split("/");
  const isPlain = [config, split, file].every((part) => part !== undefined && PLAIN.test(part));
  if (!isPlain || more.length > 0 || !file?.endsWith(".parquet")) return undefined;
  return config === undefined || split === undefined ? undefined : { config, split };
}

/** A name that cannot lead to another folder and that every file system accepts. */
const PLAIN = /^(?!\.)[^\\:*?"<>|]{1,200}$/;

function configsOf(
  siblings: readonly Sibling[],
  rows: ReadonlyMap<string, number>,
): readonly DatasetConfig[] {
  const byConfig = new Map<string, Map<string, RepoFile[]>>();
  for (const listed of siblings) {
    const at = splitOf(listed.rfilename);
    if (!at) continue;
    const splits = byConfig.get(at.config) ?? new Map<string, RepoFile[]>();
    byConfig.set(at.config, splits);
    splits.set(at.split, [...(splits.get(at.split) ?? []), ...hashedFile(listed)]);
  }
  return [...byConfig].map(([name, splits]) => ({
    name,
    splits: [...splits]
      .filter(([, files]) => files.length > 0)
      .map(([split, files]) => ({
        name: split,
        rows: rows.get(`${name}/${split}`) ?? null,
        sizeBytes: files.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0),
        files: files.sort((a, b) => (a.path < b.path ? -1 : 1)),
      })),
  }));
}

const MAX_NAME = 200;
const MAX_SPLITS = 1000;
/** Data sets of many languages have a few hundred. */
const MAX_CONFIGS = 10_000;

const configInfo = z.looseObject({
  config_name: z.string().max(MAX_NAME).optional(),
  splits: z
    .array(z.looseObject({ name: z.string().max(MAX_NAME), num_examples: z.int().min(0) }))
    .max(MAX_SPLITS)
    .optional(),
});

/** The card is written by hand or by a program: unexpected values are ignored. */
const cardRows = z.looseObject({
  dataset_info: z
    .union([z.array(configInfo).max(MAX_CONFIGS), configInfo])
    .optional()
    .catch(undefined),
});

function rowCounts(cardData: unknown): ReadonlyMap<string, number> {
  const parsed = cardRows.safeParse(cardData);
  const infos = [parsed.data?.dataset_info ?? []].flat();
  return new Map(
    infos.flatMap(({ config_name: config = "default", splits = [] }) =>
      splits.map(({ name, num_examples: rows }) => [`${config}/${name}`, rows] as const),
    ),
  );
}

const datasetInfo = z.object({
  id: z
    .string()
    .regex(/^\w[\w.-]{0,95}(\/\w[\w.-]{0,95})?$/, { error: "a name such as stanfordnlp/sst2" })
    .optional(),
  cardData: card,
  gated,
});
const branchInfo = z.object({ sha: commitHash, siblings: listing });

function licenceOf(id: string): Licence {
  const summary = id === "unknown" ? "The data set's page names no licence." : id;
  return { id, summary, file: null };
}

function noParquet(hub: Hub, repo: string): string {
  return (
    `${hub.endpoint} keeps no Parquet files of "${repo}" (it is private, or cannot be read as a ` +
    `table). Download its files and choose them here.`
  );
}
