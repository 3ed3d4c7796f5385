import { ZerothError } from "#base/errors.ts";
import { describeJson } from "#base/schema.ts";
import { count, quote } from "#base/text.ts";
import { isJsonObject, type JsonObject, parseJsonObject } from "../formats/json.ts";

/**
 * Which tokenizer transformers builds of files older than tokenizer.json: vocab.json and merges.txt, or vocab.txt.
 * OPT's is GPT-2's with `</s>` in front of every text.
 */
export type OlderTokenizer = "opt" | "gpt2" | "roberta" | "bert";

/** A tokenizer as tokenizer.json describes it, its tokens checked. */
export interface TokenizerParts {
  readonly normalizer: JsonObject | null;
  readonly preTokenizer: JsonObject | null;
  readonly postProcessor: JsonObject | null;
  readonly decoder: JsonObject | null;
  /** `vocab` and, of BPE, `merges` aside. */
  readonly model: JsonObject & { readonly type: "BPE" | "WordPiece" };
  readonly vocab: ReadonlyMap<string, number>;
  readonly merges: readonly (readonly [string, string])[];
  readonly added: readonly AddedToken[];
  /** The token a masked model predicts at, as tokenizer_config.json names it. */
  readonly maskToken: string | undefined;
}

export interface AddedToken {
  readonly id: number;
  readonly content: string;
  /** Whether white space before (after) it in a text belongs to it. */
  readonly lstrip: boolean;
  readonly rstrip: boolean;
  /** Looked for in a text after normalization. */
  readonly normalized: boolean;
  /** Only put in by the tokenizer itself or by a prompt: a text that spells it stays text. */
  readonly special: boolean;
}

/** Far above any vocabulary, far below where an array of that length would cost memory. */
const MAX_ID = 10_000_000;
/** The largest vocabularies have 262,144 tokens and twice as many merges. */
const MAX_VOCAB = 1_000_000;
const MAX_MERGES = 2_000_000;
/** Added tokens are looked for at every place of a text. */
const MAX_ADDED = 10_000;

/**
 * The parts of the tokenizer in a model folder's files: of tokenizer.json, or else of older files.
 *
 * @param older what older files mean where tokenizer_config.json does not say
 * @throws ZerothError E-FILE-7 if they are missing, malformed, or of a kind that is not supported
 */
export function readTokenizerParts(
  files: ReadonlyMap<string, string>,
  older: OlderTokenizer,
): TokenizerParts {
  const settings = parse(files.get("tokenizer_config.json") ?? "{}", "tokenizer_config.json");
  const whole = files.get("tokenizer.json");
  const parts =
    whole === undefined
      ? readOlderFiles(files, settings, older)
      : readWholeTokenizer(parse(whole, "tokenizer.json"));
  return {
    ...parts,
    postProcessor: framingOf(settings, older, parts) ?? parts.postProcessor,
    maskToken: contentOf(settings["mask_token"]),
  };
}

type OwnParts = Omit<TokenizerParts, "maskToken">;

function readWholeTokenizer(json: JsonObject): OwnParts {
  const part = (key: string) => (isJsonObject(json[key]) ? json[key] : null);
  const { vocab: vocabulary, merges = [], ...rest } = fieldsOf(json["model"]);
  const { added_tokens: added = [] } = json;
  const type = rest["type"] ?? (Array.isArray(merges) ? "BPE" : undefined);
  if (type !== "BPE" && type !== "WordPiece") {
    throw unusable(
      `tokenizer.json has a model of type ${describeJson(type)}; BPE and WordPiece are supported`,
    );
  }
  if (!isJsonObject(vocabulary) || !Array.isArray(merges) || !Array.isArray(added)) {
    throw unusable("tokenizer.json lacks its vocab, merges or added_tokens");
  }
  const vocab = readVocab(vocabulary, "tokenizer.json");
  refuseMany("tokenizer.json", "added tokens", added.length, MAX_ADDED);
  return {
    normalizer: part("normalizer"),
    preTokenizer: part("pre_tokenizer"),
    postProcessor: part("post_processor"),
    decoder: part("decoder"),
    model: { ...rest, type },
    vocab,
    merges: readMerges(merges, vocab, "tokenizer.json"),
    added: added.map((token: unknown) => {
      const { id } = fieldsOf(token);
      const content = contentOf(token);
      if (!isId(id) || content === undefined) {
        throw unusable("tokenizer.json has an added token without id and content");
      }
      return addedToken(id, content, token);
    }),
  };
}

/** The classes that transformers builds of older files, by the beginning of their names. */
const CLASSES: readonly (readonly [name: string, kind: OlderTokenizer])[] = [
  ["GPT2", "gpt2"],
  ["Roberta", "roberta"],
  ["Bert", "bert"],
  ["DistilBert", "bert"],
];

/** @see transformers, tokenization_gpt2.py, tokenization_roberta.py and tokenization_bert.py */
function readOlderFiles(
  files: ReadonlyMap<string, string>,
  settings: JsonObject,
  older: OlderTokenizer,
): OwnParts {
  const name = settings["tokenizer_class"];
  const kind =
    CLASSES.find(([start]) => typeof name === "string" && name.startsWith(start))?.[1] ?? older;
  const words = files.get("vocab.txt");
  if (kind === "bert" && words !== undefined) return wordPiece(words, settings);
  const [vocabText, mergesText] = [files.get("vocab.json"), files.get("merges.txt")];
  if (vocabText === undefined || mergesText === undefined) {
    throw unusable("The tokenizer is missing: tokenizer.json, or vocab.json and merges.txt");
  }
  const vocab = readVocab(parse(vocabText, "vocab.json"), "vocab.json");
  const byteLevel = {
    type: "ByteLevel",
    add_prefix_space: settings["add_prefix_space"] === true,
    use_regex: true,
  };
  const added = readSpecialTokens(files, vocab);
  return {
    normalizer: null,
    preTokenizer: byteLevel,
    postProcessor: kind === "roberta" ? framing("RobertaProcessing", vocab, "<s>", "</s>") : null,
    decoder: { type: "ByteLevel" },
    model: { type: "BPE" },
    vocab,
    merges: readMerges(mergeLines(mergesText), vocab, "merges.txt"),
    added: added.map((token) =>
      kind === "roberta" && token.content === "<mask>" ? { ...token, lstrip: true } : token,
    ),
  };
}

function wordPiece(words: string, settings: JsonObject): OwnParts {
  const tokens = words.split(/\r?\n/);
  if (tokens.at(-1) === "") tokens.pop();
  refuseMany("vocab.txt", "tokens", tokens.length, MAX_VOCAB);
  const vocab = new Map(tokens.map((token, id) => [token, id]));
  if (vocab.size < 5) throw unusable("vocab.txt holds no tokens");
  const lowercase = settings["do_lower_case"] !== false;
  const { strip_accents = null, tokenize_chinese_chars: chinese = true } = settings;
  return {
    normalizer: {
      type: "BertNormalizer",
      clean_text: true,
      handle_chinese_chars: chinese,
      strip_accents,
      lowercase,
    },
    preTokenizer: { type: "BertPreTokenizer" },
    postProcessor: framing("BertProcessing", vocab, "[CLS]", "[SEP]"),
    decoder: { type: "WordPiece", prefix: "##", cleanup: true },
    model: { type: "WordPiece", unk_token: "[UNK]", continuing_subword_prefix: "##" },
    vocab,
    merges: [],
    added: ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"].flatMap((content) => {
      const id = vocab.get(content);
      return id === undefined ? [] : [addedToken(id, content, { special: true })];
    }),
  };
}

function framing(type: string, vocab: ReadonlyMap<string, number>, first: string, last: string) {
  const token = (content: string) => [content, vocab.get(content) ?? 0];
  return { type, cls: token(first), sep: token(last) };
}

/**
 * The post-processor that tokenizer_config.json's `add_bos_token` and `add_eos_token` ask for, which goes before
 * tokenizer.json's own; null without them. OPT's first token is put there by its class.
 *
 * @see transformers, tokenization_utils_tokenizers.py, update_post_processor
 */
function framingOf(
  settings: JsonObject,
  older: OlderTokenizer,
  { vocab, added, postProcessor }: OwnParts,
): JsonObject | null {
  const { add_eos_token: addsEos } = settings;
  const isBare = postProcessor === null || postProcessor["type"] === "ByteLevel";
  const addsBos = settings["add_bos_token"] ?? ((older === "opt" && isBare) || undefined);
  if (addsBos === undefined && addsEos === undefined) return null;
  const bos = contentOf(settings["bos_token"]) ?? (older === "opt" ? "</s>" : undefined);
  const eos = contentOf(settings["eos_token"]);
  const known = new Set([...vocab.keys(), ...added.map(({ content }) => content)]);
  const special = (id: string | undefined, isAdded: unknown) =>
    isAdded === true && id !== undefined && known.has(id)
      ? [{ SpecialToken: { id, type_id: 0 } }]
      : [];
  const around = (id: "A" | "B") => [
    ...special(bos, addsBos),
    { Sequence: { id, type_id: 0 } },
    ...special(eos, addsEos),
  ];
  return {
    type: "TemplateProcessing",
    single: around("A"),
    pair: [...around("A"), ...around("B")],
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
    const { additional_special_tokens: others } = config;
    if (Array.isArray(others)) refuseMany(file, "special tokens", others.length, MAX_ADDED);
    const byRole = ROLES.map((role) => config[role]);
    for (const token of [...byRole, ...(Array.isArray(others) ? others : [])]) {
      const content = contentOf(token);
      const id = content === undefined ? undefined : vocab.get(content);
      if (content === undefined || id === undefined) continue;
      added.set(id, { ...addedToken(id, content, token), special: true });
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

function addedToken(id: number, content: string, token: unknown): AddedToken {
  const { lstrip, rstrip, special, normalized } = fieldsOf(token);
  const isSpecial = special === true;
  return {
    id,
    content,
    lstrip: lstrip === true,
    rstrip: rstrip === true,
    special: isSpecial,
    normalized: typeof normalized === "boolean" ? normalized : !isSpecial,
  };
}

export function fieldsOf(value: unknown): JsonObject {
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

export function unusable(flaw: string): ZerothError {
  return new ZerothError("E-FILE-7", `${flaw}. Take the tokenizer's files from the model's page.`);
}
