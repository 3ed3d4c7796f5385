import {
  ByteFallbackDecoder,
  Tokenizer as HuggingFaceTokenizer,
  SequenceDecoder,
} from "@huggingface/tokenizers";
import { ZerothError } from "#base/errors.ts";
import { describeJson } from "#base/schema.ts";
import {
  bertNormalized,
  decodeByteTokens,
  refuseSlowPatterns,
  rustPreTokenizer,
} from "./likeRust.ts";
import {
  type AddedToken,
  type OlderTokenizer,
  readTokenizerParts,
  type TokenizerParts,
  unusable,
} from "./tokenizerFiles.ts";

/** A model's tokenizer; its ids are those of Hugging Face's tokenizers. */
export interface Tokenizer {
  /** Ids of a text alone, without `frame`. A text that spells a special token (`</s>`) is text like any other. */
  encode(text: string): number[];
  /** Text of `ids`, special tokens included; ids without a token are passed over. */
  decode(ids: readonly number[]): string;
  /** One token as text. Part of a character shows as U+FFFD, an id without a token as `<id 50270>`. */
  tokenText(id: number): string;
  /** One more than the highest id. The model may have more rows: OPT pads 50,265 to 50,272. */
  readonly vocabSize: number;
  readonly frame: Frame;
  /** The token at which a masked model predicts; null where the tokenizer has none. */
  readonly mask: MaskToken | null;
}

/** Ids that the tokenizer itself puts around a text, and between two. */
export interface Frame {
  readonly before: readonly number[];
  readonly between: readonly number[];
  readonly after: readonly number[];
}

export type MaskToken = Pick<AddedToken, "id" | "content" | "lstrip" | "rstrip">;

/**
 * The tokenizer in a model folder's files: tokenizer.json, or older files where there is none.
 *
 * @param files texts by bare name, as `ModelFiles` holds them
 * @param older what older files mean where tokenizer_config.json does not say
 * @throws ZerothError E-FILE-7 if it is missing, malformed, or of a kind that is not supported
 */
export function loadTokenizer(
  files: ReadonlyMap<string, string>,
  older: OlderTokenizer = "opt",
): Tokenizer {
  const parts = readTokenizerParts(files, older);
  const { library, normalize } = assemble(parts);
  const byId = new Map(Array.from(parts.vocab, ([token, id]) => [id, token]));
  for (const { id, content } of parts.added) byId.set(id, content);
  const decode = (ids: readonly number[]) => {
    const known = ids.filter((id) => byId.has(id));
    if (known.length === 0) return ""; // the library refuses an empty list
    return usable(() => library.decode(known, { clean_up_tokenization_spaces: false }));
  };
  const encode = (text: string) =>
    usable(() => library.encode(normalize(text), { add_special_tokens: false }).ids);
  // The library uses most parts only now: an object in place of a text would fail in the middle of a run.
  decode(encode(PROBE));
  return {
    encode,
    decode,
    tokenText: (id) => (byId.has(id) ? decode([id]) : `<id ${id}>`),
    vocabSize: [...byId.keys()].reduce((most, id) => Math.max(most, id), -1) + 1,
    frame: frameOf(library, parts),
    mask: maskOf(parts),
  };
}

/** The library's tokenizer of these parts, and what must be done to a text before it is given to it. */
function assemble(parts: TokenizerParts) {
  const { normalizer, preTokenizer, postProcessor, decoder, model, vocab, merges, added } = parts;
  for (const part of [normalizer, preTokenizer, decoder]) refuseSlowPatterns(part);
  const isBert = normalizer?.["type"] === "BertNormalizer";
  // A special token is a token like others here, so that it is never found in a text.
  const special = added.filter((token) => token.special);
  const words = new Map([...vocab, ...special.map(({ content, id }) => [content, id] as const)]);
  return usable(() => {
    const library = new HuggingFaceTokenizer(
      {
        added_tokens: added.filter((token) => !token.special),
        normalizer: isBert ? null : normalizer,
        pre_tokenizer: preTokenizer && rustPreTokenizer(preTokenizer),
        post_processor: postProcessor,
        decoder,
        model: { ...model, vocab: Object.fromEntries(words), merges },
      },
      {},
    );
    const decoders = library.decoder instanceof SequenceDecoder ? library.decoder.decoders : [];
    for (const each of decoders) {
      if (each instanceof ByteFallbackDecoder) each.decode_chain = decodeByteTokens;
    }
    const normalize = (text: string) =>
      isBert && normalizer ? bertNormalized(normalizer, text) : text;
    return { library, normalize };
  });
}

/** Has words, punctuation, digits and a line break, so that every part of a tokenizer sees it. */
const PROBE = "It was a fine, fine film in 2026.\n";

/** What the library returns. @throws ZerothError E-FILE-7 where it fails on parts of tokenizer.json */
function usable<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof ZerothError || !(error instanceof Error)) throw error;
    throw unusable(`tokenizer.json cannot be used (${error.message.slice(0, 200)})`);
  }
}

function frameOf(library: HuggingFaceTokenizer, { vocab, added }: TokenizerParts): Frame {
  const [first, second] = ["\0first", "\0second"];
  const processor = library.post_processor;
  if (processor === null) return { before: [], between: [], after: [] };
  const idOf = (token: string) => {
    const id = added.find(({ content }) => content === token)?.id ?? vocab.get(token);
    if (id === undefined) {
      throw unusable(`tokenizer.json puts ${describeJson(token)} around texts, which has no id`);
    }
    return id;
  };
  return usable(() => {
    const single = processor.post_process([first], null, true).tokens;
    const pair = processor.post_process([first], [second], true).tokens;
    const [at, from] = [single.indexOf(first), pair.indexOf(first)];
    return {
      before: single.slice(0, at).map(idOf),
      between: pair.slice(from + 1, pair.indexOf(second)).map(idOf),
      after: single.slice(at + 1).map(idOf),
    };
  });
}

function maskOf({ added, maskToken }: TokenizerParts): MaskToken | null {
  const names = maskToken === undefined ? ["<mask>", "[MASK]"] : [maskToken];
  return added.find(({ content, special }) => special && names.includes(content)) ?? null;
}
