import { z } from "#base/schema.ts";
import type { RepoFile } from "./repoFile.ts";

/** What the hub reports of models and data sets alike, as far as it is used. */

/** An answer of the largest size that is read lists about as many. */
const MAX_FILES = 50_000;
/** Longer than any path or licence on the hub. */
const MAX_PATH = 1000;
const MAX_NAME = 200;

const hex = (digits: number) =>
  z
    .string()
    .regex(new RegExp(`^[0-9a-f]{${digits}}$`), { error: `a hash of ${digits} hex digits` });
const bytes = z.int().min(0);

export const commitHash = hex(40);

/** A file as `?blobs=true` lists it. */
export const sibling = z.object({
  rfilename: z.string().max(MAX_PATH, { error: `a path of at most ${MAX_PATH} characters` }),
  size: bytes.optional(),
  blobId: commitHash.optional(),
  lfs: z.object({ sha256: hex(64), size: bytes }).nullish(),
});

/** The files of a repository. */
export const listing = z
  .array(sibling)
  .max(MAX_FILES, { error: `a list of at most ${MAX_FILES} files` });

export type Sibling = z.infer<typeof sibling>;

const name = z.string().max(MAX_NAME);

/** The front matter of a README. Written by hand: an unexpected value counts as absent. */
export const card = z
  .looseObject({
    license: z.union([name, z.array(name).max(20)]).optional(),
    license_name: name.optional(),
  })
  .nullish()
  .catch(undefined);

export const gated = z.union([z.boolean(), name]).nullish().catch(undefined);

/** On the hub the field is false, "auto" or "manual". */
export function isGated(value: z.infer<typeof gated>): boolean {
  return value !== undefined && value !== null && value !== false;
}

/** "unknown" where the card names none. */
export function licenceId(cardData: z.infer<typeof card>): string {
  return [cardData?.license ?? []].flat()[0] ?? "unknown";
}

/** The file with its size and hash, or nothing where the hub does not list them. */
export function hashedFile({ rfilename, size, blobId, lfs }: Sibling): RepoFile[] {
  if (lfs) {
    return [{ path: rfilename, sizeBytes: lfs.size, hash: { kind: "sha256", hex: lfs.sha256 } }];
  }
  if (size === undefined || blobId === undefined) return [];
  return [{ path: rfilename, sizeBytes: size, hash: { kind: "git-sha1", hex: blobId } }];
}
