import type { EncodedExample } from "../tasks/task.ts";

/**
 * Examples in the layout of the engine: the tokens of all sequences one after another, without padding. The options
 * of an example share their common prefix, which is computed once; the last token of an option is a target only and
 * has no row.
 *
 * Words of each table are those of the structs in `shaders/lib/batch.wgsl` and the kernels that read
 * them.
 */
export interface PackedBatch {
  readonly tokens: number;
  /** [tokens, 5]: id, position, prefix start, prefix end, own start. */
  readonly tokenTable: Uint32Array<ArrayBuffer>;
  readonly scored: number;
  /** [scored, 2]: row, id expected next. */
  readonly scoredTokens: Uint32Array<ArrayBuffer>;
  readonly options: number;
  /** [options, 2]: first scored position, end. */
  readonly optionRanges: Uint32Array<ArrayBuffer>;
  readonly examples: number;
  /** [examples, 3]: first option, end, answer. */
  readonly exampleRanges: Uint32Array<ArrayBuffer>;
}

/** Largest size of a packed batch. */
export interface Capacity {
  readonly tokens: number;
  readonly scored: number;
  readonly options: number;
  readonly examples: number;
}

export const wordsPerToken = 5;

/** Tokens, scored positions and options of an example. */
export function sizeOf(example: EncodedExample): Capacity {
  const shared = sharedLength(example);
  let tokens = shared;
  let scored = 0;
  for (const { ids, optionLength } of example.options) {
    tokens += ids.length - 1 - shared;
    scored += optionLength;
  }
  return { tokens, scored, options: example.options.length, examples: 1 };
}

/** The smallest capacity for all of these examples at once. */
export function sizeOfAll(examples: readonly EncodedExample[]): Capacity {
  return examples.map(sizeOf).reduce(add, nothing);
}

const nothing: Capacity = { tokens: 0, scored: 0, options: 0, examples: 0 };

function add(a: Capacity, b: Capacity): Capacity {
  return {
    tokens: a.tokens + b.tokens,
    scored: a.scored + b.scored,
    options: a.options + b.options,
    examples: a.examples + b.examples,
  };
}

function fits(size: Capacity, capacity: Capacity): boolean {
  return (
    size.tokens <= capacity.tokens &&
    size.scored <= capacity.scored &&
    size.options <= capacity.options &&
    size.examples <= capacity.examples
  );
}

/**
 * Packs examples in order into as few batches as their order allows.
 *
 * @throws Error if a single example exceeds the capacity: capacities are planned from the data
 */
export function packAll(examples: readonly EncodedExample[], capacity: Capacity): PackedBatch[] {
  const batches: PackedBatch[] = [];
  let waiting: EncodedExample[] = [];
  let size = nothing;
  for (const example of examples) {
    const own = sizeOf(example);
    if (!fits(own, capacity)) {
      throw new Error(`Row ${example.row + 1} takes ${own.tokens} tokens of ${capacity.tokens}.`);
    }
    if (!fits(add(size, own), capacity)) {
      batches.push(pack(waiting, size));
      waiting = [];
      size = nothing;
    }
    waiting.push(example);
    size = add(size, own);
  }
  if (waiting.length > 0) batches.push(pack(waiting, size));
  return batches;
}

function pack(examples: readonly EncodedExample[], size: Capacity): PackedBatch {
  const batch = {
    ...size,
    tokenTable: new Uint32Array(size.tokens * wordsPerToken),
    scoredTokens: new Uint32Array(size.scored * 2),
    optionRanges: new Uint32Array(size.options * 2),
    exampleRanges: new Uint32Array(size.examples * 3),
  };
  const at = { row: 0, scored: 0, option: 0 };
  examples.forEach((example, e) => {
    batch.exampleRanges.set([at.option, at.option + example.options.length, example.answer], e * 3);
    packExample(batch, at, example);
  });
  return batch;
}

function packExample(
  batch: PackedBatch,
  at: { row: number; scored: number; option: number },
  example: EncodedExample,
): void {
  const shared = sharedLength(example);
  const start = at.row;
  const first = example.options[0]!.ids;
  for (let i = 0; i < shared; i++) {
    writeToken(batch.tokenTable, at.row++, first[i]!, i, start, start, start);
  }
  for (const { ids, optionLength } of example.options) {
    const own = at.row;
    for (let i = shared; i < ids.length - 1; i++) {
      writeToken(batch.tokenTable, at.row++, ids[i]!, i, start, start + shared, own);
    }
    batch.optionRanges.set([at.scored, at.scored + optionLength], at.option++ * 2);
    for (let target = ids.length - optionLength; target < ids.length; target++) {
      const before = target - 1;
      const row = before < shared ? start + before : own + before - shared;
      batch.scoredTokens.set([row, ids[target]!], at.scored++ * 2);
    }
  }
}

/** Writes word by word: an array per row and step would take as long as recording ten kernels. */
function writeToken(
  words: Uint32Array,
  row: number,
  id: number,
  position: number,
  prefixStart: number,
  prefixEnd: number,
  ownStart: number,
): void {
  const at = row * wordsPerToken;
  words[at] = id;
  words[at + 1] = position;
  words[at + 2] = prefixStart;
  words[at + 3] = prefixEnd;
  words[at + 4] = ownStart;
}

/** Length of the prefix that all options share; the input is all ids but the last. */
function sharedLength({ options }: EncodedExample): number {
  const first = options[0]!.ids;
  let shared = Math.min(...options.map(({ ids }) => ids.length - 1));
  for (const { ids } of options) {
    let i = 0;
    while (i < shared && ids[i] === first[i]) i++;
    shared = i;
  }
  return shared;
}
