/** A file of a repository at a commit. */
export interface RepoFile {
  /** Models have their files at the top; data sets in folders: `default/train/0000.parquet`. */
  readonly path: string;
  readonly sizeBytes: number;
  /** What its bytes must hash to, hex. Large files by SHA-256, small ones as git's blobs. */
  readonly hash: { readonly kind: "sha256" | "git-sha1"; readonly hex: string };
}

export type RepoKind = "model" | "dataset";
