import type { Failure } from "#base/errors.ts";

// Reports about models and data sets of a hub. The same shapes are what a session asks of the hub it is given.

/** Which hub is asked, and by whom. The token is used for this one question and kept nowhere. */
export interface HubChoice {
  /** `https://huggingface.co`, or a mirror's address. */
  readonly endpoint: string;
  /** For what is handed out only to people signed in. */
  readonly token?: string;
}

export interface LicenceReport {
  /** As the card has it: "other", "mit", "unknown". */
  readonly id: string;
  /** What that means in a few words. */
  readonly summary: string;
  /** Its text, or the page that names it. */
  readonly address: string;
}

/** Everything a person should know before agreeing to a download. */
export interface ModelOffer {
  /** What to download it by. */
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
  /** Of them here already. */
  readonly hereBytes: number;
  /** Whole, so that nothing must be loaded. */
  readonly isHere: boolean;
  readonly parameterCount: number;
  readonly memory: MemoryNeeds;
  /** Set where a trial showed that this GPU does not have that much. */
  readonly memoryProblem: Failure | null;
  /** As the browser tells it; null where it does not. */
  readonly freeBytes: number | null;
}

export interface HubFile {
  readonly path: string;
  readonly sizeBytes: number;
}

/** GPU memory to fine-tune a model, reckoned from its config. */
export interface MemoryNeeds {
  /** The batch it was reckoned for. */
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
  /** What to download it by. */
  readonly folder: string;
  readonly splits: readonly DatasetSplitOffer[];
}

export interface DatasetSplitOffer {
  readonly name: string;
  /** As its card tells it; null where it does not. */
  readonly rows: number | null;
  readonly sizeBytes: number;
  readonly isHere: boolean;
}

/** A download under way. */
export interface DownloadReport {
  readonly folder: string;
  readonly repo: string;
  readonly kind: "model" | "dataset";
  /** Bytes read back and checked, bytes loaded, none for a while, or a wait the hub or the machine asks for. */
  readonly state: "checking" | "loading" | "quiet" | "waiting" | "offline";
  readonly files: readonly (HubFile & { readonly doneBytes: number })[];
  readonly doneBytes: number;
  readonly totalBytes: number;
  /** Over the last seconds; null until there is something to tell. */
  readonly bytesPerSecond: number | null;
  /** ≈, at that rate. */
  readonly etaSeconds: number | null;
  /** While waiting: seconds until it goes on. */
  readonly waitSeconds: number | null;
}

export interface LibraryReport {
  /** Models worth offering by themselves. */
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
  /** Here now. */
  readonly sizeBytes: number;
  /** Once the download that can go on is done. */
  readonly totalBytes: number;
  /** It can be opened: a model, or some splits of a data set. */
  readonly isWhole: boolean;
  /** A download was begun and not finished; also one of further splits of what can be opened. */
  readonly canResume: boolean;
  /** Of a data set: the ones that are here; the ones to come until it can be opened. */
  readonly splits: readonly string[];
  /** ISO 8601, UTC; null until it is whole. */
  readonly savedAt: string | null;
}
