import type { Failure } from "#base/errors.ts";

// Reports about models and data sets of a hub, for the page and from the hub library.

/** A hub and the account to use there. The token is used for one request and never stored. */
export interface HubChoice {
  /** `https://huggingface.co`, or a mirror's address. */
  readonly endpoint: string;
  /** For models that need a sign-in. */
  readonly token?: string;
}

export interface LicenceReport {
  /** As the card has it: "other", "mit", "unknown". */
  readonly id: string;
  /** Its meaning in a few words. */
  readonly summary: string;
  /** Its text, or the page that names it. */
  readonly address: string;
}

/** Facts about a model before it is downloaded. */
export interface ModelOffer {
  /** Identifies it in `download`. */
  readonly folder: string;
  readonly repo: string;
  readonly revision: string;
  /** 40 hex digits: the files are of this commit. */
  readonly commit: string;
  readonly address: string;
  readonly licence: LicenceReport;
  readonly isGated: boolean;
  readonly files: readonly HubFile[];
  readonly totalBytes: number;
  /** Of these, downloaded already. */
  readonly hereBytes: number;
  /** Downloaded completely. */
  readonly isHere: boolean;
  readonly parameterCount: number;
  readonly memory: MemoryNeeds;
  /** Set if a trial allocation failed on this GPU. */
  readonly memoryProblem: Failure | null;
  /** As the browser reports it, or null. */
  readonly freeBytes: number | null;
}

export interface HubFile {
  readonly path: string;
  readonly sizeBytes: number;
}

/** GPU memory to fine-tune a model, computed from its config. */
export interface MemoryNeeds {
  /** Examples of the batch it was computed for. */
  readonly rows: number;
  readonly tokensPerRow: number;
  /** One entry per distinct need, least first. */
  readonly byMethod: readonly {
    readonly methods: readonly string[];
    /** With the weights as f32. */
    readonly bytes: number;
    /** With the weights as f16, which saves MeZO-SVRG nothing: it keeps a copy then. */
    readonly f16Bytes: number;
  }[];
}

export interface DatasetOffer {
  readonly repo: string;
  readonly commit: string;
  readonly address: string;
  readonly licence: LicenceReport;
  readonly isGated: boolean;
  readonly configs: readonly DatasetConfigOffer[];
  readonly freeBytes: number | null;
}

export interface DatasetConfigOffer {
  readonly name: string;
  /** Identifies it in `download`. */
  readonly folder: string;
  readonly splits: readonly DatasetSplitOffer[];
}

export interface DatasetSplitOffer {
  readonly name: string;
  /** From its card, or null. */
  readonly rows: number | null;
  readonly sizeBytes: number;
  readonly isHere: boolean;
}

/** A download under way. */
export interface DownloadReport {
  readonly folder: string;
  readonly repo: string;
  readonly kind: "model" | "dataset";
  /** Checking bytes, loading bytes, no bytes for a while, a wait that the hub requested, or no connection. */
  readonly state: "checking" | "loading" | "quiet" | "waiting" | "offline";
  readonly files: readonly (HubFile & { readonly doneBytes: number })[];
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** Over the last seconds; null until it is measured. */
  readonly bytesPerSecond: number | null;
  /** ≈, at that rate. */
  readonly etaSeconds: number | null;
  /** While waiting: seconds until it continues. */
  readonly waitSeconds: number | null;
}

export interface LibraryReport {
  /** Models that are offered without a search. */
  readonly known: readonly KnownModel[];
  readonly entries: readonly LibraryEntry[];
}

export interface KnownModel {
  readonly repo: string;
  readonly parameterCount: number;
  readonly downloadBytes: number;
}

/** A model or a configuration of a data set on this computer, whole or in part. */
export interface LibraryEntry {
  readonly folder: string;
  readonly kind: "model" | "dataset";
  readonly repo: string;
  /** Of a data set: which of its configurations. */
  readonly part: string | null;
  readonly revision: string;
  readonly commit: string;
  readonly address: string;
  readonly licence: string;
  /** Downloaded now. */
  readonly sizeBytes: number;
  /** After the download that can be resumed. */
  readonly totalBytes: number;
  /** It can be opened: a model, or some splits of a data set. */
  readonly isWhole: boolean;
  /** A download is unfinished; also one of further splits. */
  readonly canResume: boolean;
  /** Of a data set: the downloaded ones, or the expected ones until it can be opened. */
  readonly splits: readonly string[];
  /** ISO 8601, UTC; null until it is complete. */
  readonly savedAt: string | null;
}
