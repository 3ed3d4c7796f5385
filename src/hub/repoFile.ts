/** A file of a repository at a commit. */
export interface RepoFile {
  /** Of models without a folder; of data sets with: `default/train/0000.parquet`. */
  readonly path: string;
  readonly sizeBytes: number;
  /** The expected hash, hex: SHA-256 of large files, git's blob hash of small ones. */
  readonly hash: { readonly kind: "sha256" | "git-sha1"; readonly hex: string };
}

export type RepoKind = "model" | "dataset";
