import { expect, test } from "vitest";
import { encodeTable } from "../examples/encode.ts";
import { parseTable } from "../formats/table.ts";
import { asQuestions, defaultTask, isLabelled, taskChoices } from "./choices.ts";
import { mappableColumns } from "./columns.ts";
import { builtInTask, taskDefinition } from "./index.ts";
import type { Table } from "./task.ts";

const LIMITS = { bos: 2, maxLength: 64 } as const;

function jsonl(...rows: readonly object[]): Table {
  return parseTable("a.jsonl", rows.map((row) => JSON.stringify(row)).join("\n"));
}

/** Nothing around a text but a first token, as OPT's tokenizer has it. */
const frame = { before: [2], between: [2], after: [] };

test("the recognised task comes first, then those whose columns fit, then one's own, then the rest", () => {
  const choices = taskChoices(jsonl({ sentence: "a fine film", label: 1, idx: 0 }));
  expect(choices.slice(0, 3).map(({ id, fit }) => [id, fit])).toEqual([
    ["SST2", "recognised"],
    ["own", "fits"],
    ["CoLA", "fits"],
  ]);
  const rte = choices.find(({ id }) => id === "RTE");
  expect([rte?.fit, rte?.missing]).toEqual(["misfit", ["premise", "hypothesis"]]);
});

test("a column called sentence makes no task of anyone's rows", () => {
  const spam = ["win a prize now", "see you at noon", "free money", "thanks a lot"];
  const table = jsonl(...spam.map((sentence, i) => ({ sentence, label: (i + 1) % 2 })));
  expect(taskChoices(table)[0]?.id).toBe("own");
  expect(defaultTask(table)).toMatchObject({ template: "{sentence} It was", labels: ["0", "1"] });
  const [first] = taskChoices(jsonl({ premise: "p", hypothesis: "h", label: 0 }));
  expect([first?.id, first?.fit]).toEqual(["RTE", "fits"]);
});

test("where nothing is recognised and no columns fit, one's own task comes first", () => {
  const [first] = taskChoices(jsonl({ opinion: "fine", verdict: "good" }));
  expect(first?.id).toBe("own");
});

test("a task reads columns of other names where they are mapped", () => {
  const table = jsonl({ opinion: "a fine film", verdict: 1 });
  const spec = {
    ...builtInTask("SST2", LIMITS),
    columns: { sentence: "opinion", label: "verdict" },
  };
  const prompts: string[] = [];
  const encode = (text: string) => {
    prompts.push(text);
    return [...text].map((_, i) => i);
  };
  const { examples, problems } = encodeTable({ encode, frame }, spec, table);
  expect(problems).toEqual([]);
  expect(examples.map(({ answer }) => answer)).toEqual([1]);
  expect(prompts[0]).toBe("a fine film It was");
});

test("a mapped column that is not there is refused by its name", () => {
  const spec = { ...builtInTask("SST2", LIMITS), columns: { sentence: "body" } };
  const encode = () =>
    encodeTable({ encode: () => [], frame }, spec, jsonl({ text: "x", label: 1 }));
  expect(encode).toThrow('There is no column "body" for SST2. Choose among text, label.');
});

test.each([
  ["SST2", ["sentence", "label"]],
  ["RTE", ["premise", "hypothesis", "label"]],
  ["MultiRC", ["paragraph", "question", "answer", "label"]],
  ["ReCoRD", ["passage", "query", "entities", "answers"]],
  ["WSC", ["text", "span1_text", "span2_text", "label"]],
  ["Copa", ["premise", "choice1", "choice2", "question", "label"]],
])("the columns to map for %s are those of its flat form", (id, columns) => {
  expect(mappableColumns(taskDefinition(id))).toEqual(columns);
});

test("a paragraph with several questions becomes rows of their own, with the number of its row", () => {
  const answers = [
    { text: "so", label: 1 },
    { text: "not so", label: 0 },
  ];
  const row = { passage: { text: "P", questions: [{ question: "q", answers }] } };
  const flat = asQuestions(jsonl({ passage: 7 }, row), builtInTask("MultiRC", LIMITS));
  expect(flat.rows.slice(1)).toEqual([
    { paragraph: "P", question: "q", answer: "so", label: 1 },
    { paragraph: "P", question: "q", answer: "not so", label: 0 },
  ]);
  expect(flat.rowNumbers).toEqual([1, 2, 2]);
});

test.each([
  ["GLUE's test file has no label column", jsonl({ index: 0, sentence: "s" }), false],
  ["Hugging Face's has labels of -1", jsonl({ sentence: "s", label: -1 }), false],
  ["a labelled one has some", jsonl({ sentence: "s", label: 1 }), true],
])("a file that says of no row what is right is known: %s", (_case, table, expected) => {
  expect(isLabelled(table, builtInTask("SST2", LIMITS))).toBe(expected);
});
