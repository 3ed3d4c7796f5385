import { maxOf } from "#base/maxOf.ts";
import type { Capacity } from "#data/examples/packing.ts";
import type { Tokenizer } from "#data/tokenizer/tokenizer.ts";
import { bindableBytes } from "#gpu/device.ts";
import type { OptConfig } from "#model/config.ts";
import type { Model } from "#model/model.ts";
import { cacheBytesPerPosition, type Writer, type WriterCapacity } from "#model/writer.ts";
import { nextToken, type Sampling } from "./sampling.ts";

/** How to generate text. */
export interface WritingOptions {
  readonly sampling: Sampling;
  readonly seed: number;
  readonly maxNewTokens: number;
  /** Generation ends as soon as the text contains one of these, which is cut off. */
  readonly stops: readonly string[];
  /** Tokens besides `</s>` that end generation; they are cut off. */
  readonly stopIds?: readonly number[];
}

export interface WritingHooks {
  /** The text of a sequence so far, called whenever it grows; whole characters only. */
  onText?(sequence: number, written: { readonly text: string; readonly tokens: number }): void;
  /** A sequence has ended. */
  onDone?(sequence: number): void;
  /** Called between tokens; true ends all sequences. */
  isCancelled?(): boolean;
}

/** Generated text. */
export interface Written {
  /** All tokens, including the one that ended the text. */
  readonly ids: readonly number[];
  /** The text without prompt, special tokens and stop text. */
  readonly text: string;
  readonly ending: "end token" | "stop text" | "length" | "cancelled";
}

/** OPT's `</s>`: the text ends. */
export const END_TOKEN = 2;
/** Smaller ids are special tokens: `<s>`, `<pad>`, `</s>`, `<unk>`. */
const FIRST_TEXT_ID = 4;

/** Most sequences per pass: with more, time grows in proportion. */
const MOST_SLOTS = 16;
/** Most bytes of the cache, unless one sequence needs more. */
const CACHE_BYTES = 512 * 1024 * 1024;

/**
 * Continues each prompt with the current weights. Allocates the key-value cache and frees it at the end. Nothing
 * else may run on the model meanwhile.
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

/** What limits the number of sequences generated at once. */
export interface WritingGround {
  readonly config: OptConfig;
  readonly capacity: Capacity;
  /** Largest storage buffer that the device can bind. */
  readonly maxBindingBytes: number;
}

/** Plans the cache for these prompts and new tokens, within what the device can bind. */
export function planRoom(
  { config, capacity, maxBindingBytes }: WritingGround,
  prompts: readonly (readonly number[])[],
  maxNewTokens: number,
): WriterCapacity {
  // The last token is never read, so it needs no position.
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

export function writingGround({ config, capacity, device }: Model): WritingGround {
  return { config, capacity, maxBindingBytes: bindableBytes(device) };
}

/**
 * Returns a prompt and a number of new tokens that together fit the model's positions. A prompt that is too long
 * loses its beginning (never BOS) but keeps half of the positions.
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
 * Continues each prompt, a token per pass, with as many sequences at once as the writer has slots. When one ends,
 * the next prompt takes its slot. The result of a sequence does not depend on the others.
 *
 * @param prompts [sequences] ids, BOS first; prompt and new tokens must fit a slot
 * @returns [sequences]; empty if cancelled before the first token
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
  // A sequence counts as cancelled until it ends.
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

/** The whole prompt first, then the last token. */
function feedOf({ slot, prompt, ids }: Sequence) {
  if (ids.length === 0) return { slot, ids: prompt, position: 0 };
  return { slot, ids: ids.slice(-1), position: prompt.length + ids.length - 1 };
}

/** The sequence so far; "cancelled" means that it has not ended. */
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
 * Returns a function that returns tokens per second since the first token (which includes reading the prompt), or
 * null before the second. Call it once per token.
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
 * Returns the part of a text that later tokens cannot change: without an incomplete character, and without what may be
 * the beginning of a stop text.
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
