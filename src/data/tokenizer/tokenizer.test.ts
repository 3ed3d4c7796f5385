import { readdirSync, readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ZerothError } from "#base/errors.ts";
import { refuseSlowPatterns } from "./likeRust.ts";
import { loadTokenizer } from "./tokenizer.ts";

const FIXTURES = new URL("../../../test/fixtures/", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, FIXTURES), "utf8");

function folder(name: string, ...files: string[]): Map<string, string> {
  return new Map(files.map((file) => [file, read(`${name}/${file}`)]));
}

const OPT_FILES = folder(
  "opt-tiny-real-vocab",
  "vocab.json",
  "merges.txt",
  "tokenizer_config.json",
);
const opt = loadTokenizer(OPT_FILES);

interface Case {
  text: string;
  ids: number[];
  why: string;
}
const { cases }: { cases: Case[] } = JSON.parse(read("tokenizer_cases.json"));

describe("OPT's tokenizer", () => {
  // Two of the cases spell a special token, which Hugging Face finds in a text unless it is told not to.
  const plain = cases.filter(({ text }) => !/<\/?s>|<pad>/.test(text));

  it.each(plain)("gives Hugging Face's ids for: $why", ({ text, ids }) => {
    expect([...opt.frame.before, ...opt.encode(text)]).toEqual(ids);
  });

  // python -c 'from transformers import AutoTokenizer
  // t = AutoTokenizer.from_pretrained("test/fixtures/opt-tiny-real-vocab", split_special_tokens=True)
  // for s in [...]: print(t(s, add_special_tokens=False).input_ids)'   # transformers 5.18.0
  it.each<[string, number[]]>([
    ["a\ufeffb", [102, 43251, 2023, 9470, 428]],
    ["\ufeffHello", [43251, 2023, 9470, 31414]],
    ["x \ufeff\ufeff y", [1178, 33549, 2023, 9470, 43251, 2023, 9470, 1423]],
    ["a\u0085b", [102, 4056, 5782, 428]],
    ["a\u0085\u0085 b", [102, 4056, 5782, 4056, 5782, 741]],
    [" \u0085 c\n", [5505, 5782, 740, 50118]],
    ["\u0085", [4056, 5782]],
    ["a \ufeff\u0085 \ufeff", [102, 33549, 2023, 9470, 4056, 5782, 33549, 2023, 9470]],
    ["a\u00a0\u3000b", [102, 50141, 48516, 7471, 428]],
    ["\u180ea\u200bb", [1376, 21402, 12736, 102, 13635, 428]],
    ["low</s>low", [5481, 49138, 29, 15698, 5481]],
    [" </s> </s>x", [49703, 29, 15698, 49703, 29, 15698, 1178]],
  ])(
    "gives Hugging Face's ids where JavaScript's white space is not Unicode's: %j",
    (text, ids) => {
      expect(opt.encode(text)).toEqual(ids);
      expect(opt.decode(ids)).toBe(text);
    },
  );

  it("gives any text back", () => {
    const text = fc.string({ unit: "grapheme", maxLength: 80 });
    fc.assert(
      fc.property(text, (original) => {
        expect(opt.decode(opt.encode(original))).toBe(original);
      }),
      { numRuns: 200 },
    );
  });

  it("shows one token, and part of a character as U+FFFD", () => {
    expect(opt.tokenText(31414)).toBe("Hello");
    expect(opt.tokenText(232)).toBe(" world");
    expect(opt.tokenText(2)).toBe("</s>");
    expect(opt.tokenText(43251)).toBe("\ufffd"); // python: t.decode([43251]), one byte of three
    expect(opt.tokenText(50270)).toBe("<id 50270>");
  });

  it("passes over ids without a token, as Hugging Face's decode does", () => {
    expect(opt.decode([50270, 102])).toBe("a");
    expect(opt.decode([50270])).toBe("");
    expect(opt.decode([])).toBe("");
  });

  it("has 50,265 entries", () => {
    expect(opt.vocabSize).toBe(50_265);
  });

  it("is the same from a tokenizer.json", () => {
    const whole = loadTokenizer(new Map([["tokenizer.json", JSON.stringify(wholeOf({}))]]));
    for (const { text, ids } of plain) expect(whole.encode(text)).toEqual(ids.slice(1));
    expect(whole.encode("a\u0085\ufeffb</s>")).toEqual(opt.encode("a\u0085\ufeffb</s>"));
  });

  it("may be small, with special tokens named as plain texts", () => {
    const tiny = loadTokenizer(
      folder("opt-tiny-pre-ln", "vocab.json", "merges.txt", "tokenizer_config.json"),
    );
    // python: AutoTokenizer.from_pretrained("test/fixtures/opt-tiny-pre-ln", split_special_tokens=True)("low</s>é<pad>")
    expect(tiny.encode("low</s>é<pad>")).toEqual([331, 31, 18, 86, 33, 131, 106, 31, 83, 384, 33]);
    expect(tiny.vocabSize).toBe(687);
  });

  it("reads merges.txt with Windows line ends", () => {
    const files = new Map(OPT_FILES);
    files.set("merges.txt", OPT_FILES.get("merges.txt")!.replaceAll("\n", "\r\n"));
    expect(loadTokenizer(files).encode("Hello world")).toEqual([31414, 232]);
  });
});

interface Expected {
  /** Ids with the tokenizer's own special tokens, and the text they decode to. */
  readonly tokenizer: readonly (readonly [ids: number[], decoded: string])[];
  readonly pairs: readonly (readonly number[])[];
}
const families = readdirSync(new URL("families/", FIXTURES), { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const shared: { texts: string[]; pairs: [string, string][] } = JSON.parse(
  read("families/tokenizer_cases.json"),
);

// Expected values by src/tools/family_fixtures.py, from transformers.
describe.each(families)("the tokenizer of %s", (name) => {
  const files = readdirSync(new URL(`families/${name}/`, FIXTURES)).filter(
    (file) => /token|vocab|merges/.test(file) && !file.startsWith("expected"),
  );
  const tokenizer = loadTokenizer(folder(`families/${name}`, ...files), "gpt2");
  const expected: Expected = JSON.parse(read(`families/${name}/expected.json`));
  const { before, between, after } = tokenizer.frame;

  it("gives Hugging Face's ids and text", () => {
    const found = shared.texts.map((text) => [...before, ...tokenizer.encode(text), ...after]);
    expect(found).toEqual(expected.tokenizer.map(([ids]) => ids));
    expect(found.map((ids) => tokenizer.decode(ids))).toEqual(
      expected.tokenizer.map(([, text]) => text),
    );
  });

  it("puts Hugging Face's tokens around two texts", () => {
    const framed = shared.pairs.map(([first, second]) => [
      ...before,
      ...tokenizer.encode(first),
      ...between,
      ...tokenizer.encode(second),
      ...after,
    ]);
    expect(framed).toEqual(expected.pairs);
  });
});

describe("a tokenizer is refused when", () => {
  const small = (vocab: string, merges: string, config = "{}") =>
    new Map([
      ["vocab.json", vocab],
      ["merges.txt", merges],
      ["tokenizer_config.json", config],
    ]);
  const whole = (changes: object) =>
    new Map([["tokenizer.json", JSON.stringify(wholeOf(changes))]]);

  it.each<[string, Map<string, string>, string]>([
    ["its files are missing", new Map([["vocab.json", "{}"]]), "The tokenizer is missing"],
    ["vocab.json is cut short", small('{"a": 0', ""), '"vocab.json" is not valid JSON'],
    ["vocab.json is a list", small("[]", ""), '"vocab.json" holds a list'],
    ["vocab.json is empty", small("{}", ""), "vocab.json holds no tokens"],
    [
      "an id is a text",
      small('{"a": "0"}', ""),
      'vocab.json gives "a" an id that is the text "0"; a whole',
    ],
    ["an id is negative", small('{"a": -1}', ""), 'gives "a" an id that is the number -1'],
    ["an id is absurd", small('{"a": 4e9}', ""), 'gives "a" an id that is the number 4000000000'],
    [
      "an id is an object that cannot be shown",
      small('{"a": {"toString": 1, "valueOf": 1}}', ""),
      'gives "a" an id that is an object',
    ],
    [
      "it adds more tokens than a text can be searched for",
      whole({
        added_tokens: Array.from({ length: 10_001 }, (_, id) => ({ id, content: `<${id}>` })),
      }),
      "10,001 added tokens; at most 10,000 are read",
    ],
    ["an id stands twice", small('{"a": 0, "b": 0}', ""), "gives the id 0 to two tokens"],
    [
      "a merge has one part",
      small('{"a": 0}', "#version: 0.2\na\n"),
      "Merge 1 of merges.txt is not",
    ],
    [
      "a merge has three parts",
      small('{"a": 0}', "a a a"),
      "Merge 1 of merges.txt is not two tokens",
    ],
    ["a merge makes no token", small('{"a": 0}', "a a"), 'Merge 1 of merges.txt needs "aa"'],
    ["merges.txt is a web page", small('{"a": 0}', "<!DOCTYPE html>"), 'needs "<!DOCTYPE"'],
    [
      "tokenizer.json is of another model",
      whole({ model: { type: "Unigram", vocab: [["a", 0]] } }),
      'a model of type the text "Unigram"; BPE and WordPiece are supported',
    ],
    [
      "it normalizes in an unknown way",
      whole({ normalizer: { type: "Sorted" } }),
      "Unknown Normalizer type: Sorted",
    ],
    [
      "it splits texts in an unknown way",
      whole({ pre_tokenizer: { type: "Metadata" } }),
      'splits texts by the text "Metadata"',
    ],
    [
      "it keeps only what it splits by",
      whole({
        pre_tokenizer: { type: "Split", pattern: { String: "a" }, behavior: "MergedWithNext" },
      }),
      'with behavior the text "MergedWithNext"',
    ],
    [
      "it puts an unknown token in front",
      whole({
        post_processor: {
          type: "TemplateProcessing",
          single: [{ SpecialToken: { id: "<x>" } }, { Sequence: { id: "A" } }],
          pair: [{ Sequence: { id: "A" } }, { Sequence: { id: "B" } }],
        },
      }),
      'puts the text "<x>" around texts, which has no id',
    ],
    [
      "it puts an object in front",
      whole({
        post_processor: {
          type: "TemplateProcessing",
          single: [
            { SpecialToken: { id: { toString: 1, valueOf: 1 } } },
            { Sequence: { id: "A" } },
          ],
          pair: [{ Sequence: { id: "A" } }, { Sequence: { id: "B" } }],
        },
      }),
      "puts an object around texts, which has no id",
    ],
    [
      "an object stands where the model needs a text",
      whole({
        model: {
          type: "BPE",
          vocab: { a: 0, b: 1 },
          merges: [],
          end_of_word_suffix: { toString: 1, valueOf: 1 },
        },
      }),
      "tokenizer.json cannot be used",
    ],
    ...["(a+)+$", "(?:a|aa)*b", "((\\w|x))+", "\\s*\\s*\\s*\\s*\\s*$", "(?:[a-z]{2,})+"].map(
      (Regex): [string, Map<string, string>, string] => [
        `its pattern ${Regex} could take exponential time`,
        whole({ pre_tokenizer: { type: "Split", pattern: { Regex }, behavior: "Isolated" } }),
        "could take too long on a text",
      ],
    ),
    [
      "its pattern is of no kind",
      whole({ pre_tokenizer: { type: "Split", pattern: {}, behavior: "Isolated" } }),
      "neither String nor Regex",
    ],
    ["tokenizer.json lacks its vocab", whole({ model: { type: "BPE" } }), "lacks its vocab"],
    [
      "tokenizer.json adds a nameless token",
      whole({ added_tokens: [{ id: 3 }] }),
      "added token without",
    ],
  ])("%s", (_, files, sentence) => {
    const load = () => loadTokenizer(files);
    expect(load).toThrow(sentence);
    expect(load).toThrow(expect.objectContaining({ code: "E-FILE-7" }));
  });

  it("its files are any text at all, always with a sentence", () => {
    const text = fc.oneof(fc.json(), fc.string(), fc.constantFrom("a b", "#version: 0.2\na b"));
    fc.assert(
      fc.property(text, text, text, (vocab, merges, config) => {
        try {
          loadTokenizer(small(vocab, merges, config)).encode("a text");
        } catch (error) {
          expect(error).toBeInstanceOf(ZerothError);
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("patterns of published models are read", () => {
  it.each([
    // Llama 3, Qwen 2, GPT-4o (o200k), DeepSeek V3: pre_tokenizer in their tokenizer.json.
    String.raw`(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
    String.raw`[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
    String.raw`[!"#$%&'()*+,\-./:;<=>?@\[\\\]^_\`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+`,
  ])("%s", (Regex) => {
    expect(() => refuseSlowPatterns({ pattern: { Regex } })).not.toThrow();
  });
});

/** A tokenizer.json as transformers writes it for OPT, with some of its parts replaced. */
function wholeOf(changes: object): object {
  const vocab: unknown = JSON.parse(read("opt-tiny-real-vocab/vocab.json"));
  const merges = read("opt-tiny-real-vocab/merges.txt").trimEnd().split("\n").slice(1);
  return {
    added_tokens: [
      { id: 1, content: "<pad>", lstrip: false, rstrip: false, special: true },
      { id: 2, content: "</s>", lstrip: false, rstrip: false, special: true },
    ],
    normalizer: null,
    pre_tokenizer: { type: "ByteLevel", add_prefix_space: false, use_regex: true },
    decoder: { type: "ByteLevel" },
    model: { type: "BPE", vocab, merges: merges.map((line) => line.split(" ")) },
    ...changes,
  };
}
