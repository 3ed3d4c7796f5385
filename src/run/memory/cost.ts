/** GPU memory of a run of these settings, as it would be allocated. */
export interface MemoryReport {
  /** By kind. */
  readonly bytes: Readonly<Record<string, number>>;
  readonly totalBytes: number;
  /** To the byte, for the open rows; else for rows of 64 tokens. */
  readonly isExact: boolean;
}

/** Where the time of a step goes, in milliseconds. */
export interface StepTiming {
  /** Reading, updating and perturbing the weights. */
  readonly weightPassMs: number;
  /** Matrix products, the head's among them. */
  readonly productsMs: number;
  readonly attentionMs: number;
  /** Norms, look-ups, the loss. */
  readonly restMs: number;
  /** What a step takes beyond that: recording, handing over, the queue. */
  readonly waitingMs: number;
  /** The step that was timed, from 1. */
  readonly step: number;
  /** By the host's clock, where the GPU has none: each part by itself. */
  readonly isEstimate: boolean;
}
