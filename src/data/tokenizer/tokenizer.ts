import { Tokenizer as HuggingFaceTokenizer } from "@huggingface/tokenizers";
import { ZerothError } from "#base/errors.ts";
import { count, quote } from "#base/quote.ts";
import { describeJson } from "#base/schema.ts";
import { isJsonObject, type JsonObject, parseJsonObject } from "../formats/json.ts";

/** GPT-2's byte-level BPE with OPT's vocabulary. */
export interface Tokenizer {
  /** Ids of `text`, without BOS. Special tokens written out (`</s>`) become their one id. */
  encode(text: string): number[];
  /** Text of `ids`, special tokens included; ids without a token are passed over. */
  decode(ids: readonly number[]): string;
  /** One token as text. Part of a character shows as U+FFFD, an id without a token as `<id 50270>`. */
  tokenText(id: number): string;
  /** One more than the highest id. The model may have more rows: OPT pads 50,265 to 50,272. */
  readonly vocabSize: number;
}

/**
 * The tokenizer in a model folder's files: vocab.json and merges.txt if both are there, else
 * tokenizer.json.
 *
 * @param files texts by bare name, as a `Checkpoint` holds them
 * @throws ZerothError E-FILE-7 if it is missing, malformed, or not of OPT's kind
 */
export function loadTokenizer(files: ReadonlyMap<string, string>): Tokenizer {
  const parts = readParts(files);
  const tokenizer = new HuggingFaceTokenizer(assemble(parts), {});
  const tokens = new Map(Array.from(parts.vocab, ([token, id]) => [id, token]));
  const added = new Map(parts.added.map(({ id, content }) => [id, content]));
  const isKnown = (id: number) => tokens.has(id) || added.has(id);
  const decode = (ids: readonly number[]) => {
    const known = ids.filter(isKnown);
    if (known.length === 0) return ""; // the library refuses an empty list
    return tokenizer.decode(known, { clean_up_tokenization_spaces: false });
  };
  return {
    encode: (text) => tokenizer.encode(text, { add_special_tokens: false }).ids,
    decode,
    tokenText: (id) => (isKnown(id) ? decode([id]) : `<id ${id}>`),
    vocabSize: [...tokens.keys(), ...added.keys()].reduce((most, id) => Math.max(most, id), -1) + 1,
  };
}

interface TokenizerParts {
  /** Byte-level spelling of each token, and its id. */
  readonly vocab: ReadonlyMap<string, number>;
  readonly merges: readonly (readonly [string, string])[];
  /** Tokens found in text before anything else. */
  readonly added: readonly AddedToken[];
}

interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Whether white space before (after) it in a text belongs to it. */
  readonly lstrip: boolean;
  readonly rstrip: boolean;
}

/** Far above any vocabulary, far below where an array of that length would cost memory. */
const MAX_ID = 10_000_000;
/** The largest vocabularies have 256,000 tokens and twice as many merges. */
const MAX_VOCAB = 1_000_000;
const MAX_MERGES = 2_000_000;
/** Added tokens are looked for at every place of a text. */
const MAX_ADDED = 10_000;

/**
 * GPT-2's pattern. Its `\s` means Unicode's White_Space, which has U+0085 and not U+FEFF;
 * JavaScript's `\s` is the other way round, so the class is spelled out.
 */
const PATTERN = [
  "'s|'t|'re|'ve|'m|'ll|'d",
  String.raw` ?\p{L}+| ?\p{N}+| ?[^\p{White_Space}\p{L}\p{N}]+`,
  String.raw`\p{White_Space}+(?!\P{White_Space})|\p{White_Space}+`,
].join("|");

/** The tokenizer.json that transformers makes of these parts, but for the pattern spelled out. */
function assemble({ vocab, merges, added }: TokenizerParts): object {
  const split = { type: "Split", pattern: { Regex: PATTERN }, behavior: "Isolated", invert: false };
  const byteLevel = { type: "ByteLevel", add_prefix_space: false, use_regex: false };
  return {
    added_tokens: added.map((token) => ({ ...token, special: true })),
    normalizer: null,
    pre_tokenizer: { type: "Sequence", pretokenizers: [split, byteLevel] },
    post_processor: null,
    decoder: { type: "ByteLevel" },
    model: { type: "BPE", vocab: Object.fromEntries(vocab), merges },
  };
}

function readParts(files: ReadonlyMap<string, string>): TokenizerParts {
  const vocabText = files.get("vocab.json");
  const mergesText = files.get("merges.txt");
  const whole = files.get("tokenizer.json");
  if (vocabText !== undefined && mergesText !== undefined) {
    const vocab = readVocab(parse(vocabText, "vocab.json"), "vocab.json");
    const merges = readMerges(mergeLines(mergesText), vocab, "merges.txt");
    return { vocab, merges, added: readSpecialTokens(files, vocab) };
  }
  if (whole !== undefined) return readWholeTokenizer(parse(whole, "tokenizer.json"));
  throw unusable(
    "The tokenizer is missing: vocab.json and merges.txt, or tokenizer.json, are needed",
  );
}

/** The same parts out of a tokenizer.json, refused unless it is byte-level BPE as OPT's is. */
function readWholeTokenizer(json: JsonObject): TokenizerParts {
  const { model, normalizer = null, pre_tokenizer: splitter, added_tokens: added } = json;
  const { type: splitterType, add_prefix_space: addsPrefixSpace } = fieldsOf(splitter);
  const { type: modelType, vocab: vocabulary, merges } = fieldsOf(model);
  const isByteLevel = splitterType === "ByteLevel" && addsPrefixSpace !== true;
  if (modelType !== "BPE" || !isByteLevel || normalizer !== null) {
    throw unusable("tokenizer.json is not byte-level BPE without a normalizer, which OPT's is");
  }
  if (!isJsonObject(vocabulary) || !Array.isArray(merges) || !Array.isArray(added)) {
    throw unusable("tokenizer.json lacks its vocab, merges or added_tokens");
  }
  const vocab = readVocab(vocabulary, "tokenizer.json");
  refuseMany("tokenizer.json", "added tokens", added.length, MAX_ADDED);
  return {
    vocab,
    merges: readMerges(merges, vocab, "tokenizer.json"),
    added: added.map((token: unknown) => {
      const { id } = fieldsOf(token);
      const content = contentOf(token);
      if (!isId(id) || content === undefined) {
        throw unusable("tokenizer.json has an added token without id and content");
      }
      return { id, content, ...stripsOf(token) };
    }),
  };
}

function readVocab(json: JsonObject, file: string): ReadonlyMap<string, number> {
  const vocab = new Map<string, number>();
  const seen = new Set<number>();
  const entries = Object.entries(json);
  refuseMany(file, "tokens", entries.length, MAX_VOCAB);
  for (const [token, id] of entries) {
    if (!isId(id)) {
      throw unusable(
        `${file} gives ${quote(token)} an id that is ${describeJson(id)}; a whole number up to ` +
          `${count(MAX_ID)} is needed`,
      );
    }
    if (seen.has(id)) throw unusable(`${file} gives the id ${id} to two tokens`);
    seen.add(id);
    vocab.set(token, id);
  }
  if (vocab.size === 0) throw unusable(`${file} holds no tokens`);
  return vocab;
}

/** The lines of merges.txt without its version line; Windows line ends are allowed. */
function mergeLines(text: string): string[] {
  const lines = text.split(/\r?\n/);
  if (lines[0]?.startsWith("#version")) lines.shift();
  while (lines.at(-1) === "") lines.pop();
  return lines;
}

/** Pairs in order of rank: "a b" in merges.txt, also ["a", "b"] in newer tokenizer.json. */
function readMerges(
  lines: readonly unknown[],
  vocab: ReadonlyMap<string, number>,
  file: string,
): readonly (readonly [string, string])[] {
  refuseMany(file, "merges", lines.length, MAX_MERGES);
  return lines.map((line, i) => {
    const pair: readonly unknown[] =
      typeof line === "string" ? line.split(" ") : Array.isArray(line) ? line : [];
    const [left, right] = pair;
    if (pair.length !== 2 || typeof left !== "string" || typeof right !== "string") {
      throw unusable(`Merge ${count(i + 1)} of ${file} is not two tokens`);
    }
    const unknown = [left, right, left + right].find((token) => !vocab.has(token));
    if (unknown !== undefined) {
      throw unusable(
        `Merge ${count(i + 1)} of ${file} needs ${quote(unknown)}, which the vocabulary lacks`,
      );
    }
    return [left, right];
  });
}

/** Special tokens by role. One that the vocabulary lacks has no id in the model and is left out. */
function readSpecialTokens(
  files: ReadonlyMap<string, string>,
  vocab: ReadonlyMap<string, number>,
): readonly AddedToken[] {
  const added = new Map<number, AddedToken>();
  for (const file of ["special_tokens_map.json", "tokenizer_config.json"]) {
    const config = parse(files.get(file) ?? "{}", file);
    const { add_prefix_space: addsPrefixSpace, additional_special_tokens: others } = config;
    if (addsPrefixSpace === true) {
      throw unusable(`${file} asks for add_prefix_space, which OPT's tokenizer does not have`);
    }
    if (Array.isArray(others)) refuseMany(file, "special tokens", others.length, MAX_ADDED);
    const byRole = ROLES.map((role) => config[role]);
    for (const token of [...byRole, ...(Array.isArray(others) ? others : [])]) {
      const content = contentOf(token);
      const id = content === undefined ? undefined : vocab.get(content);
      if (content === undefined || id === undefined) continue;
      added.set(id, { id, content, ...stripsOf(token) });
    }
  }
  return [...added.values()];
}

const ROLES = ["bos", "eos", "unk", "pad", "sep", "cls", "mask"].map((role) => `${role}_token`);

/** A token stands as its text, or as an object with its text and flags. */
function contentOf(token: unknown): string | undefined {
  const { content } = typeof token === "string" ? { content: token } : fieldsOf(token);
  return typeof content === "string" && content !== "" ? content : undefined;
}

function stripsOf(token: unknown): Pick<AddedToken, "lstrip" | "rstrip"> {
  const { lstrip, rstrip } = fieldsOf(token);
  return { lstrip: lstrip === true, rstrip: rstrip === true };
}

function fieldsOf(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {};
}

function isId(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= 0 && value <= MAX_ID;
}

function parse(text: string, file: string): JsonObject {
  return parseJsonObject(text, file, "E-FILE-7");
}

function refuseMany(file: string, what: string, found: number, limit: number): void {
  if (found <= limit) return;
  throw unusable(`${file} has ${count(found)} ${what}; at most ${count(limit)} are read`);
}

function unusable(flaw: string): ZerothError {
  return new ZerothError(
    "E-FILE-7",
    `${flaw}. Take vocab.json and merges.txt from the model's page; OPT models share one tokenizer.`,
  );
}
