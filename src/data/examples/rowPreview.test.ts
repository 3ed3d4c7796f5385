import { expect, test } from "vitest";
import { parseTable } from "../formats/table.ts";
import { builtInTask } from "../tasks/index.ts";
import type { CustomTask } from "../tasks/task.ts";
import { type InspectingTokenizer, previewRow } from "./rowPreview.ts";

/** A word with its space in front is one token; ids count up as words are met. */
function wordTokenizer(): InspectingTokenizer {
  const words: string[] = ["<s>", "<pad>", "</s>", "<unk>"];
  return {
    frame: { before: [2], between: [2], after: [] },
    encode: (text) =>
      (text.match(/ ?[^\s-]+|[\s-]/g) ?? []).map((word) => {
        if (!words.includes(word)) words.push(word);
        return words.indexOf(word);
      }),
    tokenText: (id) => words[id] ?? "?",
  };
}

const SPEC: CustomTask = {
  kind: "classification",
  template: "{text} It was",
  labelColumn: "label",
  labels: ["0", "1"],
  words: [" terrible", " great"],
  bos: 2,
  maxLength: 6,
};
const table = parseTable(
  "a.jsonl",
  '{"text": "dull", "label": 0}\n7\n{"text": "a very fine film", "label": 1}\n{"text": "x", "label": 5}',
);
const look = (index: number) => previewRow(wordTokenizer(), SPEC, table, "train", index);

test("a row is shown beside its tokens: BOS, prompt, and what is scored, for every option", () => {
  const { row, values, problem, options } = look(0);
  expect([row, problem]).toEqual([1, null]);
  expect(values).toEqual([
    { name: "text", text: "dull" },
    { name: "label", text: "0" },
  ]);
  expect(options.map(({ label, isRight, cut }) => [label, isRight, cut])).toEqual([
    ["0", true, 0],
    ["1", false, 0],
  ]);
  expect(options[0]?.tokens).toEqual([
    { text: "</s>", role: "bos" },
    { text: "dull", role: "prompt" },
    { text: " It", role: "prompt" },
    { text: " was", role: "prompt" },
    { text: " terrible", role: "scored" },
  ]);
});

test("a row that is too long tells how many tokens were cut behind BOS, and keeps its number", () => {
  const { row, options } = look(1);
  expect(row).toBe(3);
  expect(options[1]?.cut).toBe(2);
  expect(options[1]?.tokens.map(({ text }) => text)).toEqual([
    "</s>",
    " fine",
    " film",
    " It",
    " was",
    " great",
  ]);
});

test("a row that cannot be used says why, and still shows its values", () => {
  const { values, problem, options } = look(2);
  expect(values[0]?.text).toBe("x");
  expect(problem).toBe('Label "5" has no word. The labels are 0, 1.');
  expect(options).toEqual([]);
});

test("multiple choice is shown with all its options, also in training", () => {
  const copa = parseTable(
    "c.jsonl",
    '{"premise": "It rained.", "choice1": "We left", "choice2": "I sang", "question": "effect", "label": 1}',
  );
  const spec = builtInTask("Copa", { bos: 2, maxLength: 64 });
  const { options } = previewRow(wordTokenizer(), spec, copa, "train", 0);
  expect(options.map(({ text, isRight }) => [text, isRight])).toEqual([
    ["we left", false],
    ["I sang", true],
  ]);
});

test("a row that is not there is refused", () => {
  expect(() => look(9)).toThrow("There is no row 10; this part has 3 rows.");
});
