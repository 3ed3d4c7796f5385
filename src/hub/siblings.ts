import { z } from "#base/schema.ts";
import type { RepoFile } from "./repoFile.ts";

/** What the hub tells of models and data sets alike, as far as it is used. */

const hex = (digits: number) =>
  z
    .string()
    .regex(new RegExp(`^[0-9a-f]{${digits}}$`), { error: `a hash of ${digits} hex digits` });
const bytes = z.int().min(0);

export const commitHash = hex(40);

/** A file as `?blobs=true` lists it. */
export const sibling = z.object({
  rfilename: z.string(),
  size: bytes.optional(),
  blobId: commitHash.optional(),
  lfs: z.object({ sha256: hex(64), size: bytes }).nullish(),
});

export type Sibling = z.infer<typeof sibling>;

/** The head of a README; written by hand, so nothing in it is relied on. */
export const card = z
  .looseObject({
    license: z.union([z.string(), z.array(z.string())]).optional(),
    license_name: z.string().optional(),
  })
  .nullish()
  .catch(undefined);

export const gated = z.union([z.boolean(), z.string()]).nullish().catch(undefined);

/** False, "auto" or "manual" on the hub. */
export function isGated(value: z.infer<typeof gated>): boolean {
  return value !== undefined && value !== null && value !== false;
}

/** "unknown" where the card names none. */
export function licenceId(cardData: z.infer<typeof card>): string {
  return [cardData?.license ?? []].flat()[0] ?? "unknown";
}

/** The file with its size and hash, or nothing where the hub does not tell them. */
export function hashedFile({ rfilename, size, blobId, lfs }: Sibling): RepoFile[] {
  if (lfs) {
    return [{ path: rfilename, sizeBytes: lfs.size, hash: { kind: "sha256", hex: lfs.sha256 } }];
  }
  if (size === undefined || blobId === undefined) return [];
  return [{ path: rfilename, sizeBytes: size, hash: { kind: "git-sha1", hex: blobId } }];
}
