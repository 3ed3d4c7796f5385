import { ZerothError } from "#base/errors.ts";
import { decodeJournal, encodeBlock, hashOf, type JournalStep, noBlockBefore } from "./journal.ts";

const STEPS_PER_BLOCK = 4096;
const MAGIC_AND_VERSION_BYTES = 8;

/** The journal as one file: its blocks, chained as in the store, one after another. */
export function journalFile(steps: readonly JournalStep[]): Uint8Array<ArrayBuffer> {
  const blocks: Uint8Array[] = [];
  let previous = noBlockBefore;
  for (let start = 0; start < steps.length; start += STEPS_PER_BLOCK) {
    const block = encodeBlock(steps.slice(start, start + STEPS_PER_BLOCK), previous);
    previous = hashOf(block);
    blocks.push(block);
  }
  const bytes = new Uint8Array(blocks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const block of blocks) {
    bytes.set(block, at);
    at += block.length;
  }
  return bytes;
}

/**
 * The steps of such a file, every block's checksum and place in the chain checked.
 *
 * @throws ZerothError E-FILE-3 if any block is damaged: half a journal would rebuild other weights
 */
export function readJournalFile(bytes: Uint8Array<ArrayBuffer>): readonly JournalStep[] {
  const { steps, problem } = decodeJournal(blocksIn(bytes));
  if (problem === undefined) return steps;
  throw new ZerothError("E-FILE-3", `${problem} Nothing of it was used; get the file again.`);
}

/** The blocks one by one, so that nothing is cut up behind the first damaged one. */
function* blocksIn(bytes: Uint8Array): Generator<Uint8Array> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; ) {
    // Each block tells its own size; one that lies is found out by its checksum.
    const isReadable = at + MAGIC_AND_VERSION_BYTES + 4 <= bytes.length;
    const size = isReadable ? view.getUint32(at + MAGIC_AND_VERSION_BYTES, true) : 0;
    const end = size > 0 ? Math.min(at + size, bytes.length) : bytes.length;
    yield bytes.subarray(at, end);
    at = end;
  }
}
