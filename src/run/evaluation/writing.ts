import { maxOf } from "#base/maxOf.ts";
import type { Capacity } from "#data/examples/packing.ts";
import type { Tokenizer } from "#data/tokenizer/tokenizer.ts";
import { bindableBytes } from "#gpu/device.ts";
import type { OptConfig } from "#model/config.ts";
import type { Model } from "#model/model.ts";
import { cacheBytesPerPosition, type Writer, type WriterCapacity } from "#model/writer.ts";
import { nextToken, type Sampling } from "./sampling.ts";

/** How text is written on. */
export interface WritingOptions {
  readonly sampling: Sampling;
  readonly seed: number;
  readonly maxNewTokens: number;
  /** Text that ends writing as soon as it stands in what was written; it is cut off. */
  readonly stops: readonly string[];
  /** Tokens that end writing, beside `</s>`; they are cut off. */
  readonly stopIds?: readonly number[];
}

export interface WritingHooks {
  /** What a sequence reads so far, whenever it grew: whole characters only. */
  onText?(sequence: number, written: { readonly text: string; readonly tokens: number }): void;
  /** A sequence is through. */
  onDone?(sequence: number): void;
  /** Asked between tokens; true ends all sequences where they are. */
  isCancelled?(): boolean;
}

/** Text that was written. */
export interface Written {
  /** All tokens, with the one that ended it. */
  readonly ids: readonly number[];
  /** Without the prompt, special tokens, and what ended it. */
  readonly text: string;
  readonly ending: "end token" | "stop text" | "length" | "cancelled";
}

/** OPT's `</s>`: the text ends. */
export const END_TOKEN = 2;
/** `<s>`, `<pad>`, `</s>` and `<unk>` are no text. */
const FIRST_TEXT_ID = 4;

/** Sequences side by side: beyond this a pass costs as much longer as it does more. */
const MOST_SLOTS = 16;
/** A cache may take this where one sequence needs less. */
const CACHE_BYTES = 512 * 1024 * 1024;

/**
 * Writes on from each prompt with a model's weights as they stand; the cache is made for it and freed
 * at its end. Nothing else may run on the model meanwhile.
 *
 * @returns [prompts]
 * @throws DeviceLost
 */
export async function writeAll(
  model: Model,
  tokenizer: Tokenizer,
  prompts: readonly (readonly number[])[],
  options: WritingOptions,
  hooks: WritingHooks = {},
): Promise<Written[]> {
  if (prompts.length === 0) return [];
  const room = planRoom(writingGround(model), prompts, options.maxNewTokens);
  const writer = await model.makeWriter(room);
  try {
    return await writeOn(writer, tokenizer, prompts, options, hooks);
  } finally {
    writer.destroy();
  }
}

/** What a model was given that decides how much it can write at once. */
export interface WritingGround {
  readonly config: OptConfig;
  readonly capacity: Capacity;
  /** What the device can bind as one storage buffer. */
  readonly maxBindingBytes: number;
}

/** Room for these prompts and what is written on, held to what the device can bind. */
export function planRoom(
  { config, capacity, maxBindingBytes }: WritingGround,
  prompts: readonly (readonly number[])[],
  maxNewTokens: number,
): WriterCapacity {
  // Nothing follows the last token: it takes no position.
  const positions = maxOf(prompts.map(({ length }) => length)) + maxNewTokens - 1;
  const blockBytes = positions * cacheBytesPerPosition(config);
  const most = Math.min(
    MOST_SLOTS,
    prompts.length,
    2 * capacity.scored,
    Math.floor(maxBindingBytes / blockBytes),
    Math.floor(CACHE_BYTES / (blockBytes * config.numHiddenLayers)),
    Math.floor(maxBindingBytes / (config.vocabSize * 4)),
  );
  return { slots: Math.max(1, most), positions };
}

/** What a model on this device can write on. */
export function writingGround({ config, capacity, device }: Model): WritingGround {
  return { config, capacity, maxBindingBytes: bindableBytes(device) };
}

/**
 * A prompt and a number of new tokens that the model's table of positions holds together. Where they
 * are too long, the prompt loses its beginning (never BOS), but keeps half the table.
 */
export function fitPrompt(
  ids: readonly number[],
  maxNewTokens: number,
  maxPositions: number,
): { readonly prompt: readonly number[]; readonly maxNewTokens: number } {
  const least = Math.min(ids.length, Math.ceil(maxPositions / 2));
  const most = Math.min(maxNewTokens, maxPositions - least);
  const excess = Math.max(0, ids.length + most - maxPositions);
  return { prompt: [...ids.slice(0, 1), ...ids.slice(1 + excess)], maxNewTokens: most };
}

interface Sequence {
  readonly index: number;
  readonly slot: number;
  readonly prompt: readonly number[];
  readonly ids: number[];
}

/**
 * Writes on from each prompt. As many sequences as the writer has slots go side by side, a token a
 * pass; where one ends, the next prompt takes its slot. What each comes to does not depend on the
 * others.
 *
 * @param prompts [sequences] ids, BOS first; with the new tokens no longer than a slot's room
 * @returns [sequences]; those cancelled before their first token are empty
 * @throws DeviceLost
 */
export async function writeOn(
  writer: Pick<Writer, "capacity" | "read">,
  tokenizer: Tokenizer,
  prompts: readonly (readonly number[])[],
  options: WritingOptions,
  hooks: WritingHooks = {},
): Promise<Written[]> {
  const results = prompts.map((): Written => ({ ids: [], text: "", ending: "cancelled" }));
  const free = Array.from({ length: writer.capacity.slots }, (_, slot) => slot);
  let active: Sequence[] = [];
  let next = 0;
  // What has not ended counts as cancelled until it has.
  while (!hooks.isCancelled?.()) {
    while (next < prompts.length && free.length > 0) {
      active.push({ index: next, slot: free.shift()!, prompt: prompts[next]!, ids: [] });
      next++;
    }
    if (active.length === 0) break;
    const logits = await writer.read(active.map(feedOf));
    active.forEach((sequence, i) => {
      const { index, prompt, ids } = sequence;
      ids.push(nextToken(logits[i]!, options.sampling, options.seed, prompt.length + ids.length));
      results[index] = readOut(sequence, tokenizer, options);
      const { ending, text } = results[index];
      const shown = ending === "cancelled" ? settled(text, options.stops) : text;
      hooks.onText?.(index, { text: shown, tokens: ids.length });
      if (ending !== "cancelled") hooks.onDone?.(index);
    });
    const isGoing = ({ index }: Sequence) => results[index]!.ending === "cancelled";
    free.push(...active.filter((sequence) => !isGoing(sequence)).map(({ slot }) => slot));
    active = active.filter(isGoing);
  }
  return results;
}

/** The whole prompt at first, then the token written last. */
function feedOf({ slot, prompt, ids }: Sequence) {
  if (ids.length === 0) return { slot, ids: prompt, position: 0 };
  return { slot, ids: ids.slice(-1), position: prompt.length + ids.length - 1 };
}

/** A sequence as it stands; what has not ended would have to be cancelled. */
function readOut({ ids }: Sequence, tokenizer: Tokenizer, options: WritingOptions): Written {
  const { stops, stopIds = [], maxNewTokens } = options;
  const last = ids.at(-1)!;
  const isStopId = stopIds.includes(last);
  const text = textOf(isStopId ? ids.slice(0, -1) : ids, tokenizer);
  const result = { ids: [...ids], text };
  if (last === END_TOKEN) return { ...result, ending: "end token" };
  if (isStopId) return { ...result, ending: "stop text" };
  const found = stops.filter((stop) => stop !== "").map((stop) => text.indexOf(stop));
  const first = Math.min(...found.filter((at) => at >= 0));
  if (first < text.length)
    return { ids: [...ids], text: text.slice(0, first), ending: "stop text" };
  return { ...result, ending: ids.length >= maxNewTokens ? "length" : "cancelled" };
}

function textOf(ids: readonly number[], tokenizer: Tokenizer): string {
  return tokenizer.decode(ids.filter((id) => id >= FIRST_TEXT_ID));
}

/**
 * Tokens a second since the first one, which waits for the prompt to be read; null before a second.
 * To be asked once a token.
 *
 * @param now milliseconds, any origin
 */
export function tokenRate(now: () => number): (tokens: number) => number | null {
  let began: number | null = null;
  return (tokens) => {
    const time = now();
    began ??= time;
    return tokens > 1 && time > began ? ((tokens - 1) * 1000) / (time - began) : null;
  };
}

/**
 * The part of a text that further tokens cannot take back: no character that has not come whole, and
 * nothing that may turn out to begin a stop text.
 */
export function settled(text: string, stops: readonly string[]): string {
  const whole = text.replace(/\uFFFD+$/, "");
  const held = stops.map((stop) => {
    let length = Math.min(stop.length - 1, whole.length);
    while (length > 0 && !whole.endsWith(stop.slice(0, length))) length--;
    return Math.max(0, length);
  });
  return whole.slice(0, whole.length - Math.max(0, ...held));
}
