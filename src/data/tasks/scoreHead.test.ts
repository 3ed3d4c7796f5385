import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { folderSources } from "#entry/node/files.ts";
import { checkData } from "../examples/checkData.ts";
import { encodeExample, encodeOptions, encodeTable } from "../examples/encode.ts";
import { packAll, sizeOfAll } from "../examples/packing.ts";
import { previewRow } from "../examples/rowPreview.ts";
import { defaultRules } from "../examples/splits.ts";
import { openModelFiles } from "../formats/modelFiles.ts";
import { parseTable } from "../formats/table.ts";
import { loadTokenizer } from "../tokenizer/tokenizer.ts";
import { guessTask, withLabelColumn } from "./guess.ts";
import { taskDefinition } from "./index.ts";
import { inHeadOrder, scoreHeadTask, withScoreHead } from "./scoreHead.ts";
import type { CustomTask } from "./task.ts";

const fixtures = new URL("../../../test/fixtures/", import.meta.url);
const folder = fileURLToPath(new URL("opt-tiny-pre-ln", fixtures));
const checkpoint = await openModelFiles(folderSources(folder));
const tokenizer = loadTokenizer(checkpoint.tokenizerFiles);

const task: CustomTask = {
  kind: "classification",
  template: "{text}",
  labelColumn: "label",
  labels: ["bad", "so-so", "good"],
  words: [],
  head: true,
  bos: 2,
  maxLength: 128,
};

const jsonl = (...rows: readonly object[]) =>
  parseTable("rows.jsonl", rows.map((row) => JSON.stringify(row)).join("\n"));

describe("a row for a score head", () => {
  test("has one option a label: BOS, the text, and the label's number as the one scored id", () => {
    const text = [2, ...tokenizer.encode("a fine film")];
    const example = encodeExample(tokenizer, task, { text: " a fine film ", label: "good" }, 0);
    expect(example).toEqual({
      row: 0,
      answer: 2,
      options: [0, 1, 2].map((label) => ({ ids: [...text, label], optionLength: 1 })),
    });
    expect(encodeOptions(tokenizer, task, { text: "a fine film" })).toEqual(
      [0, 1, 2].map((label) => ({ ids: [...text, label], optionLength: 1 })),
    );
  });

  test("is cut on the left to the length set, which the label does not count for", () => {
    const ids = tokenizer.encode("a fine film");
    const [option] = encodeOptions(tokenizer, { ...task, maxLength: 4 }, { text: "a fine film" });
    expect(option!.ids).toEqual([2, ...ids.slice(-3), 0]);
  });

  test("runs its text once, whatever the number of labels", () => {
    const { examples } = encodeTable(tokenizer, task, jsonl({ text: "a fine film", label: "bad" }));
    const [batch] = packAll(examples, sizeOfAll(examples));
    expect(batch!.tokens).toBe(1 + tokenizer.encode("a fine film").length);
    const last = batch!.tokens - 1;
    expect([...batch!.scoredTokens]).toEqual([last, 0, last, 1, last, 2]);
  });

  test("of an unknown label is left out with the labels there are", () => {
    expect(encodeExample(tokenizer, task, { text: "hm", label: "odd" }, 4)).toMatchObject({
      code: "E-DATA-3",
      message: `Row 5: Label "odd" is not one of the task's. The labels are bad, so-so, good.`,
    });
  });
});

test("two texts are joined as Hugging Face's tokenizer joins a pair", () => {
  // python src/tools/head_fixture.py
  const file = new URL("opt-tiny-classifier/expected.pairs.jsonl", fixtures);
  for (const line of readFileSync(file, "utf8").trimEnd().split("\n")) {
    const { first, second, ids } = JSON.parse(line);
    const pair = guessTask(jsonl({ premise: first, hypothesis: second, label: 0 }, { label: 1 }));
    const [option] = encodeOptions(tokenizer, withScoreHead(pair), {
      premise: first,
      hypothesis: second,
    });
    expect(option!.ids.slice(0, -1)).toEqual(ids);
  }
});

describe("a built-in task without its prompt", () => {
  const limits = { bos: 2, maxLength: 64 } as const;

  test("has the texts as they are and the labels of the rows, Hugging Face's -1 left out", () => {
    const rows = [1, 0, 2, -1].map((label) => ({ premise: "a", hypothesis: "b", label }));
    expect(scoreHeadTask(taskDefinition("MNLI"), jsonl(...rows), limits)).toEqual({
      kind: "classification",
      template: "{premise}</s>{hypothesis}",
      labelColumn: "label",
      labels: ["0", "1", "2"],
      words: [],
      head: true,
      bos: 2,
      maxLength: 64,
    });
    const named = [{ sentence1: "a", sentence2: "b", label: "not_entailment" }];
    expect(scoreHeadTask(taskDefinition("RTE"), jsonl(...named), limits)).toMatchObject({
      template: "{sentence1}</s>{sentence2}",
      labels: ["not_entailment"],
    });
  });

  test("is refused where it has no labels, or the rows are another's", () => {
    const rows = jsonl({ text: "a", label: 0 });
    expect(() => scoreHeadTask(taskDefinition("Copa"), rows, limits)).toThrow(
      "Copa has no labels that a head could tell apart.",
    );
    expect(() => scoreHeadTask(taskDefinition("SST2"), rows, limits)).toThrow(
      "SST2 needs the columns sentence, and label; the columns are text, label.",
    );
  });
});

test("labels stand as the model's head has them, where it knows them all", () => {
  const names = ["good", "so-so", "bad", "ugly"];
  expect(inHeadOrder(task, names).labels).toEqual(names);
  expect(inHeadOrder(task, ["LABEL_0", "LABEL_1", "LABEL_2"])).toEqual(task);
  expect(inHeadOrder({ ...task, labels: ["other"] }, names).labels).toEqual(["other"]);
});

describe("a table looked at for a score head", () => {
  const rows = [
    { text: "fine and dandy", label: "good" },
    { text: "poor", label: "bad" },
    { text: "hm", label: "so-so" },
  ];
  const parts = { train: jsonl(...rows), dev: jsonl(...rows), test: jsonl(...rows) };
  const rules = { ...defaultRules, trainRows: 3, devRows: 3, testRows: 3 };
  const { summary: facts } = checkData({ parts, spec: task, rules, tokenizer });

  test("has no blocker for want of words, and counts the text's tokens alone", () => {
    expect(facts.blockers).toEqual([]);
    expect(facts.tokenCounts.max).toBe(1 + tokenizer.encode("fine and dandy").length);
    expect(facts.labelCounts.map(({ train }) => train)).toEqual([1, 1, 1]);
  });

  test("shows the token the head reads, and the label it should tell", () => {
    const { options } = previewRow(tokenizer, task, parts.train, "train", 0);
    const ids = [2, ...tokenizer.encode("fine and dandy")];
    const roles = ids.map((_, i) => (i === 0 ? "bos" : i < ids.length - 1 ? "prompt" : "scored"));
    expect(options).toEqual([
      {
        text: "",
        label: "good",
        isRight: true,
        cut: 0,
        tokens: ids.map((id, i) => ({ text: tokenizer.tokenText(id), role: roles[i] })),
      },
    ]);
  });

  test("gives a template where there is none: the texts alone, or again a prompt", () => {
    const table = jsonl(...rows);
    const open = { ...task, template: "", labels: [] };
    expect(withLabelColumn(open, table, "label")).toMatchObject({
      template: "{text}",
      words: [],
      head: true,
      labels: ["bad", "good", "so-so"],
    });
    const { head: _, ...byWords } = open;
    expect(withLabelColumn(byWords, table, "label")).toMatchObject({
      template: "{text} It is about",
      words: [" bad", " good", " so-so"],
    });
  });
});
