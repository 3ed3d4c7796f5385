import { expect, test } from "vitest";
import { loadTokenizer } from "#data/tokenizer/tokenizer.ts";
import { openFixture } from "#model/testing/fixture.ts";
import type { Feed } from "#model/writer.ts";
import { fitPrompt, settled, type WritingOptions, writeOn } from "./writing.ts";

const tokenizer = loadTokenizer((await openFixture("opt-tiny-real-vocab")).tokenizerFiles);
const options: WritingOptions = {
  sampling: { kind: "greedy" },
  seed: 0,
  maxNewTokens: 8,
  stops: [],
};

/** A writer of so many slots that says these texts, one for each first id of a prompt, then `</s>`. */
function scripted(slots: number, texts: Readonly<Record<number, string>>) {
  const says = new Map<number, number[]>();
  const feeds: Feed[][] = [];
  return {
    feeds,
    capacity: { slots, positions: 100 },
    async read(wanted: readonly Feed[]) {
      feeds.push([...wanted]);
      return wanted.map(({ slot, ids, position }) => {
        if (position === 0) says.set(slot, tokenizer.encode(texts[ids[0]!]!));
        const next = says.get(slot)!.shift() ?? 2;
        const logits = new Float32Array(50272);
        logits[next] = 1;
        return logits;
      });
    },
  };
}

test("generation ends at </s>, which is not part of the text", async () => {
  const writer = scripted(1, { 7: " nine boats" });
  const [written] = await writeOn(writer, tokenizer, [[7]], options);
  expect(written).toMatchObject({ text: " nine boats", ending: "end token" });
  expect(written!.ids.at(-1)).toBe(2);
});

test("generation ends at a stop token, at a stop text and at the length limit", async () => {
  const write = async (text: string, more: Partial<WritingOptions>) => {
    const writer = scripted(1, { 7: text });
    const [written] = await writeOn(writer, tokenizer, [[7]], { ...options, ...more });
    return [written!.text, written!.ending];
  };
  const line = tokenizer.encode("\n").slice(0, 1);
  expect(await write(" Moe\nQuestion", { stopIds: line })).toEqual([" Moe", "stop text"]);
  // Within a token, and across two.
  expect(await write(" kept it. Who", { stops: ["pt"] })).toEqual([" ke", "stop text"]);
  expect(await write(" kept it. Who", { stops: ["t. W"] })).toEqual([" kept i", "stop text"]);
  expect(await write(" a b c d", { maxNewTokens: 2 })).toEqual([" a b", "length"]);
});

test("streamed text has whole characters only, and never the beginning of a stop text", async () => {
  const shown: string[] = [];
  const writer = scripted(1, { 7: " 🌲 ok\n#end" });
  const hooks = { onText: (_: number, { text }: { text: string }) => shown.push(text) };
  const more = { ...options, maxNewTokens: 30, stops: ["\n#"] };
  const [written] = await writeOn(writer, tokenizer, [[7]], more, hooks);
  expect(written!.text).toBe(" 🌲 ok");
  expect(shown.length).toBe(written!.ids.length);
  // Each is the beginning of the next: nothing shown is taken back.
  shown.forEach((text, i) => {
    expect((shown[i + 1] ?? written!.text).startsWith(text), text).toBe(true);
  });
  expect(shown.join("")).not.toContain("\uFFFD");
});

test("settled text holds back the longest beginning of any stop text", () => {
  expect(settled("one\n", ["\n\n"])).toBe("one");
  expect(settled("one\n", ["\nQ", "ne\nQ"])).toBe("o");
  expect(settled("one\n", ["x"])).toBe("one\n");
  expect(settled("one\uFFFD", [])).toBe("one");
});

test("a free slot takes the next prompt, from the start of its cache", async () => {
  const writer = scripted(2, { 7: " a", 8: " b c d e", 9: " f" });
  const prompts = [
    [7, 70],
    [8, 80],
    [9, 90, 91],
  ];
  const written = await writeOn(writer, tokenizer, prompts, options);
  expect(written.map(({ text }) => text)).toEqual([" a", " b c d e", " f"]);
  const first = writer.feeds.flat().filter(({ slot }) => slot === 0);
  expect(first.map(({ ids, position }) => [ids, position])).toEqual([
    [[7, 70], 0],
    [tokenizer.encode(" a"), 2],
    [[9, 90, 91], 0],
    [tokenizer.encode(" f"), 3],
  ]);
});

test("cancelling between two tokens keeps the text so far", async () => {
  const writer = scripted(1, { 7: " a b c d" });
  const hooks = { isCancelled: () => writer.feeds.length === 2 };
  const written = await writeOn(writer, tokenizer, [[7], [8]], options, hooks);
  expect(written).toEqual([
    { ids: tokenizer.encode(" a b"), text: " a b", ending: "cancelled" },
    { ids: [], text: "", ending: "cancelled" },
  ]);
});

test("prompt and new tokens never exceed the model's positions, and BOS stays", () => {
  const ids = [2, 10, 11, 12, 13, 14];
  expect(fitPrompt(ids, 4, 10)).toEqual({ prompt: ids, maxNewTokens: 4 });
  expect(fitPrompt(ids, 4, 8)).toEqual({ prompt: [2, 12, 13, 14], maxNewTokens: 4 });
  expect(fitPrompt(ids, 100, 8)).toEqual({ prompt: [2, 12, 13, 14], maxNewTokens: 4 });
  expect(fitPrompt([2], 100, 8)).toEqual({ prompt: [2], maxNewTokens: 7 });
});
