import { expect, test } from "vitest";
import { parseTable } from "../formats/table.ts";
import { guessTask } from "./guess.ts";

function guess(rows: readonly object[]) {
  return guessTask(parseTable("a.json", JSON.stringify(rows)));
}

test("reviews labelled 0 and 1 become MeZO's SST-2 task", () => {
  expect(
    guess([
      { idx: 0, sentence: "a fine film", label: 1 },
      { idx: 1, sentence: "dull", label: 0 },
    ]),
  ).toEqual({
    kind: "classification",
    template: "{sentence} It was",
    labelColumn: "label",
    labels: ["0", "1"],
    words: [" terrible", " great"],
    bos: 2,
    maxLength: 512,
  });
});

test.each([
  [
    ["positive", "negative"],
    ["negative", "positive"],
    [" terrible", " great"],
  ],
  [
    ["pos", "neg"],
    ["neg", "pos"],
    [" terrible", " great"],
  ],
  [
    [true, false],
    ["false", "true"],
    [" terrible", " great"],
  ],
  [
    ["2", "1"],
    ["1", "2"],
    [" terrible", " great"],
  ],
  [
    ["Positive", "Neutral", "Negative"],
    ["Negative", "Neutral", "Positive"],
    [" terrible", " okay", " great"],
  ],
])("labels %j read as a judgement", (values, labels, words) => {
  const task = guess(values.map((sentiment) => ({ review: "x", sentiment })));
  expect(task.labels).toEqual(labels);
  expect(task.words).toEqual(words);
  expect(task.template).toBe("{review} It was");
});

test("other labels are their own words, and numbers are put in order by size", () => {
  const topics = guess(["world", "sports", "world"].map((Class) => ({ Content: "x", Class })));
  expect(topics.template).toBe("{Content} It is about");
  expect(topics.labels).toEqual(["sports", "world"]);
  expect(topics.words).toEqual([" sports", " world"]);
  const numbers = guess([10, 9, 2].map((label) => ({ text: "x", label })));
  expect(numbers.labels).toEqual(["2", "9", "10"]);
});

test("a premise and a hypothesis become MeZO's RTE question, 0 being entailment", () => {
  const task = guess([0, 1].map((label) => ({ premise: "p", hypothesis: "h", label })));
  expect(task.template).toBe('{premise}\nDoes this mean that "{hypothesis}" is true? Yes or No?\n');
  expect(task.words).toEqual(["Yes", "No"]);
});

test("three kinds of entailment bring Maybe into the question", () => {
  const labels = ["neutral", "entailment", "contradiction"];
  const task = guess(labels.map((label) => ({ sentence1: "p", sentence2: "h", label })));
  expect(task.template).toContain("Yes, No, or Maybe?\n");
  expect(task.labels).toEqual(["contradiction", "entailment", "neutral"]);
  expect(task.words).toEqual(["No", "Yes", "Maybe"]);
});

test("a passage and a question become MeZO's BoolQ, answered with Yes or No", () => {
  const task = guess([true, false].map((answer) => ({ question: "q", passage: "p", answer })));
  expect(task.template).toBe("{passage} {question}?\n");
  expect(task.labelColumn).toBe("answer");
  expect(task.words).toEqual(["No", "Yes"]);
});

test("a pair with labels of another kind is answered with the labels", () => {
  const labels = ["cause", "effect"];
  const task = guess(labels.map((label) => ({ Sentence1: "p", Sentence2: "h", label })));
  expect(task.template).toBe('{Sentence1}\nDoes this mean that "{Sentence2}" is true?\n');
  expect(task.words).toEqual(["cause", "effect"]);
});

test("without telling names, the longest column is the text and the one that repeats is the label", () => {
  const rows = ["a", "b", "a", "b"].map((kind, id) => ({ id, kind, story: `a story of ${id}` }));
  const task = guess(rows);
  expect(task.template).toBe("{story} It is about");
  expect(task.labelColumn).toBe("kind");
});

test("a label column with more than 64 values gives no labels", () => {
  const task = guess(Array.from({ length: 65 }, (_, label) => ({ text: "x", label })));
  expect(task.labelColumn).toBe("label");
  expect(task.labels).toEqual([]);
});

test("a table without anything like a label leaves the label column open", () => {
  const task = guess([{ text: "x" }, { text: "y" }]);
  expect(task.labelColumn).toBe("");
  expect(task.template).toBe("{text} It is about");
});
