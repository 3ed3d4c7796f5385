import { describeJson } from "#base/schema.ts";
import { quote } from "#base/text.ts";
import type { JsonObject } from "../formats/json.ts";
import { fieldsOf, unusable } from "./tokenizerFiles.ts";

/**
 * Where @huggingface/tokenizers differs from the Rust library that transformers uses: parts of a tokenizer are
 * rewritten into ones that give Rust's results.
 */

/** GPT-2's pattern. The library's own one uses JavaScript's `\s`, which has U+FEFF and not U+0085. */
const GPT2_PATTERN = String.raw`'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+`;
const PUNCTUATION = String.raw`[\p{P}\u0021-\u002f\u003a-\u0040\u005b-\u0060\u007b-\u007e]`;

/** The same splits of a text, in parts that the library does as Rust does. @throws ZerothError E-FILE-7 */
export function rustPreTokenizer(part: JsonObject): JsonObject {
  switch (part["type"]) {
    case "Sequence": {
      const parts: unknown = part["pretokenizers"];
      const rewritten = Array.isArray(parts) ? parts.map((p) => rustPreTokenizer(fieldsOf(p))) : [];
      return sequence(...rewritten);
    }
    case "ByteLevel":
      return byteLevel(part);
    // JavaScript's \d has ASCII digits alone.
    case "Digits":
      return split(part["individual_digits"] === true ? "\\p{N}" : "\\p{N}+");
    case "BertPreTokenizer":
      return sequence(split("\\s+", "Removed"), split(PUNCTUATION));
    case "Metaspace":
      return metaspace(part);
    case "Split":
      return checkedSplit(part);
    default:
      throw unusable(
        `tokenizer.json splits texts by ${describeJson(part["type"])}, which is not supported`,
      );
  }
}

function byteLevel({
  add_prefix_space: addsSpace,
  use_regex: splits = true,
}: JsonObject): JsonObject {
  const bytes = { type: "ByteLevel", add_prefix_space: false, use_regex: false };
  const space = { type: "Replace", pattern: { Regex: "\\A(?! )" }, content: " " };
  return sequence(
    ...(addsSpace === true ? [space] : []),
    ...(splits === true ? [split(GPT2_PATTERN)] : []),
    bytes,
  );
}

function metaspace(part: JsonObject): JsonObject {
  const { replacement = "\u2581", add_prefix_space: adds = true, split: splits = true } = part;
  const { prepend_scheme = adds === true ? "always" : "never" } = part;
  const marked = { ...part, prepend_scheme };
  // Every word begins with its mark.
  const mark = String(replacement);
  return splits === true ? sequence(marked, split(`${mark}[^${mark}]*|[^${mark}]+`)) : marked;
}

function checkedSplit(part: JsonObject): JsonObject {
  const { behavior, invert, pattern } = part;
  const { String: text, Regex: regex } = fieldsOf(pattern);
  if (typeof text !== "string" && typeof regex !== "string") {
    throw unusable("tokenizer.json splits texts by a pattern that is neither String nor Regex");
  }
  if (behavior === "MergedWithPrevious" && typeof text === "string" && invert !== true) {
    const escaped = text.replace(/[^\w\s]/gu, "\\$&");
    return split(`(?:(?!${escaped})[\\s\\S])*${escaped}`);
  }
  if (behavior === "Removed" || (behavior === "Isolated" && invert !== true)) return part;
  throw unusable(
    `tokenizer.json splits texts with behavior ${describeJson(behavior)}, which is not supported`,
  );
}

/**
 * Refuses regular expressions that could take exponential time on a text, or a high power of its length: a repeated
 * group that itself repeats or chooses, and more than four repetitions in a row. The patterns of Llama 3 and GPT-4o have
 * two.
 *
 * @param part of tokenizer.json, nested at most 100 deep
 * @throws ZerothError E-FILE-7
 */
export function refuseSlowPatterns(part: unknown): void {
  if (typeof part !== "object" || part === null) return;
  for (const [key, value] of Object.entries(part)) {
    if (key === "Regex" && typeof value === "string" && isSlowPattern(value)) {
      throw unusable(
        `tokenizer.json has a pattern that could take too long on a text, ${quote(value)}`,
      );
    }
    refuseSlowPatterns(value);
  }
}

const MAX_REPETITIONS = 4;

function isSlowPattern(pattern: string): boolean {
  /** Of every open group, whether it repeats or chooses. */
  const groups: boolean[] = [false];
  let repetitions = 0;
  // Escapes and classes are one character each; a repetition is unbounded.
  for (const [token] of pattern.matchAll(
    /\\(?:[pPu]\{[^}]*\}|[\s\S])|\[(?:\\[\s\S]|[^\]\\])*\]|\)?(?:[*+]|\{\d+,\})|[()|]/g,
  )) {
    const isGroupEnd = token.startsWith(")");
    const isRepetition = /^\)?[*+{]/.test(token);
    const inner = isGroupEnd ? (groups.pop() ?? false) : false;
    if (token === "(") groups.push(false);
    if (token === "|" && groups.length === 1) repetitions = 0;
    if (isRepetition && (inner || ++repetitions > MAX_REPETITIONS)) return true;
    const changes = inner || isRepetition || token === "|";
    if (changes && groups.length > 1) groups[groups.length - 1] = true;
  }
  return false;
}

function split(regex: string, behavior = "Isolated"): JsonObject {
  return { type: "Split", pattern: { Regex: regex }, behavior, invert: false };
}

function sequence(...pretokenizers: JsonObject[]): JsonObject {
  return { type: "Sequence", pretokenizers };
}

/**
 * What BERT's tokenizers make of a text before they split it. JavaScript lower-cases a word's last sigma otherwise, and
 * the library knows CJK characters of 16 bits alone.
 *
 * @see tokenizers, src/normalizers/bert.rs; its Unicode tables are of version 8, so that marks and punctuation of later
 *   versions may differ
 */
export function bertNormalized(options: JsonObject, text: string): string {
  const { clean_text: cleans = true, handle_chinese_chars: spaces = true } = options;
  const { lowercase: lowers = true, strip_accents: strips } = options;
  let out = text;
  if (cleans === true)
    out = out.replace(/(?![\t\n\r])[\p{Cc}\p{Cf}\p{Co}\ufffd]/gu, "").replace(/\s/gu, " ");
  if (spaces === true) out = out.replace(CJK, " $& ");
  if (strips === true || (strips !== false && lowers === true)) {
    out = out.normalize("NFD").replace(/\p{Mn}/gu, "");
  }
  return lowers === true ? Array.from(out, (character) => character.toLowerCase()).join("") : out;
}

const CJK =
  /[\u4e00-\u9fff\u3400-\u4dbf\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\uf900-\ufaff\u{2f800}-\u{2fa1f}]/gu;

/** Bytes written as `<0x41>` back into text; each byte of a stretch that is not UTF-8 is U+FFFD. */
export function decodeByteTokens(tokens: readonly string[]): string[] {
  const out: string[] = [];
  let bytes: number[] = [];
  const flush = () => {
    if (bytes.length > 0) out.push(utf8(bytes) ?? "\ufffd".repeat(bytes.length));
    bytes = [];
  };
  for (const token of tokens) {
    const byte = /^<0x([0-9a-fA-F]{2})>$/.exec(token)?.[1];
    if (byte !== undefined) {
      bytes.push(Number.parseInt(byte, 16));
      continue;
    }
    flush();
    out.push(token);
  }
  flush();
  return out;
}

function utf8(bytes: readonly number[]): string | undefined {
  try {
    const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
    return decoder.decode(Uint8Array.from(bytes));
  } catch {
    return undefined;
  }
}
