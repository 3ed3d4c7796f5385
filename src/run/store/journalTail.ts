import {
  addSteps,
  type DecodedJournal,
  decodeJournal,
  encodeBlock,
  hashOf,
  type JournalStep,
  noTotals,
  type Totals,
} from "./journal.ts";
import { numberedKey, prefixOf, readEntries } from "./keys.ts";
import type { Operation, Store } from "./store.ts";

/** Where the journal of a run ends, and how it goes on. */
export interface JournalTail {
  readonly lastStep: number;
  /** Sums over every step so far. */
  readonly totals: Totals;
  /** Number of the block the next steps are written to, with the hash of the one before. */
  readonly block: number;
  readonly previousHash: Uint8Array;
  /**
   * Steps already in that block. It is written anew with each append until it is full, or until a
   * strict write: what was once flushed is not touched again, so that no later loss can take it.
   */
  readonly open: readonly JournalStep[];
  /** The journal as it was read, until the first write after that has been confirmed. */
  readonly known?: readonly JournalStep[];
  /** What has to go before the journal may grow: a cut-off end and all that came after it. */
  readonly cleaning: readonly Operation[];
}

/** Steps in a full block: some 16 kB for a method with one coefficient a step. */
export const STEPS_PER_BLOCK = 256;

/** The stored journal of a run, cut where it is damaged. */
export async function readJournal(store: Store, runId: string): Promise<DecodedJournal> {
  const entries = await readEntries(store, "journal", prefixOf(runId));
  // A block that is not under the number it should have leaves a hole.
  return decodeJournal(
    entries.map(([key, value], i) => (key === numberedKey(runId, i) ? value : undefined)),
  );
}

/** Where to go on writing. Begins a new block, because whether the last was flushed is not known. */
export async function readTail(store: Store, runId: string): Promise<JournalTail> {
  const { steps, goodBlocks, lastHash } = await readJournal(store, runId);
  return {
    lastStep: steps.length,
    totals: addSteps(noTotals, steps),
    block: goodBlocks,
    previousHash: lastHash,
    open: [],
    known: steps,
    cleaning: await beyond(store, runId, goodBlocks, steps.length),
  };
}

/**
 * What to write for these steps, and the tail once that is written.
 *
 * Steps the journal already holds are passed over if they are the same to the bit: a write may be
 * kept and yet be reported as failed, and is then tried again.
 *
 * @throws RangeError if the steps do not follow the last one
 */
export function extendTail(
  runId: string,
  tail: JournalTail,
  steps: readonly JournalStep[],
): { readonly operations: readonly Operation[]; readonly tail: JournalTail } {
  const fresh = steps.slice(countKnown(tail, steps));
  for (const [i, { step }] of fresh.entries()) {
    const expected = tail.lastStep + 1 + i;
    if (step !== expected) {
      throw new RangeError(`Step ${step} of run ${runId} came where step ${expected} was due.`);
    }
  }
  const operations = [...tail.cleaning];
  let { block, previousHash, open } = tail;
  let rest = fresh;
  while (rest.length > 0) {
    const room = STEPS_PER_BLOCK - open.length;
    open = [...open, ...rest.slice(0, room)];
    rest = rest.slice(room);
    const value = encodeBlock(open, previousHash);
    operations.push({ type: "put", table: "journal", key: numberedKey(runId, block), value });
    if (open.length < STEPS_PER_BLOCK) continue;
    ({ block, previousHash, open } = sealed({ block, previousHash, open }));
  }
  const lastStep = tail.lastStep + fresh.length;
  const totals = addSteps(tail.totals, fresh);
  return { operations, tail: { lastStep, totals, block, previousHash, open, cleaning: [] } };
}

/** The tail after a strict write: its block is closed, full or not. */
export function sealed<T extends Pick<JournalTail, "block" | "previousHash" | "open">>(tail: T): T {
  if (tail.open.length === 0) return tail;
  const previousHash = hashOf(encodeBlock(tail.open, tail.previousHash));
  return { ...tail, block: tail.block + 1, previousHash, open: [] };
}

/** How many of the first steps the journal holds already. */
function countKnown(tail: JournalTail, steps: readonly JournalStep[]): number {
  const first = steps[0]?.step ?? 0;
  const known = tail.known?.slice(first - 1) ?? [];
  const count = Math.min(known.length, steps.length);
  const bytesOf = (some: readonly JournalStep[]) => hashOf(encodeBlock(some, new Uint8Array(32)));
  const stored = bytesOf(known.slice(0, count));
  return bytesOf(steps.slice(0, count)).every((byte, i) => byte === stored[i]) ? count : 0;
}

/** Removes all that came after `lastStep`: blocks, evaluations, snapshots. */
async function beyond(
  store: Store,
  runId: string,
  goodBlocks: number,
  lastStep: number,
): Promise<readonly Operation[]> {
  const operations: Operation[] = [];
  for (const [table, firstGone] of [
    ["journal", goodBlocks],
    ["evaluations", lastStep + 1],
    ["manifests", lastStep + 1],
  ] as const) {
    const keys = await store.keys(table, prefixOf(runId));
    for (const key of keys) {
      if (key >= numberedKey(runId, firstGone)) operations.push({ type: "delete", table, key });
    }
  }
  return operations;
}
