import { sha1 } from "@noble/hashes/legacy.js";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { RepoFile } from "./repoFile.ts";

/** A hash computed piece by piece. */
export interface FileHash {
  update(bytes: Uint8Array): void;
  /** The hash in hex; callable once. */
  digest(): string;
}

/** The hash that the hub publishes for this file. */
export function startHash({ hash, sizeBytes }: RepoFile): FileHash {
  const state = hash.kind === "sha256" ? sha256.create() : sha1.create();
  // The hub publishes git's hash for small files, which includes a header with the length.
  if (hash.kind === "git-sha1") state.update(utf8ToBytes(`blob ${sizeBytes}\0`));
  return {
    update: (bytes) => void state.update(bytes),
    digest: () => bytesToHex(state.digest()),
  };
}
