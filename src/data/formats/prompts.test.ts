import { expect, test } from "vitest";
import { guessTask } from "../tasks/guess.ts";
import type { Table } from "../tasks/task.ts";
import { parseTableFile } from "./tableFile.ts";

function tableOf(rows: readonly object[]): Promise<Table> {
  const text = rows.map((row) => JSON.stringify(row)).join("\n");
  return parseTableFile("a.jsonl", new TextEncoder().encode(text));
}

const user = (content: string) => ({ role: "user", content });
const assistant = (content: unknown) => ({ role: "assistant", content });

test("chat messages become a prompt and a completion", async () => {
  const table = await tableOf([
    { messages: [user("A warm film"), assistant("great")], id: 1 },
    {
      messages: [
        { role: "system", content: "Judge films." },
        user("A dull mess"),
        assistant("bad"),
        user("Sure?"),
        assistant([{ type: "text", text: "Yes, bad." }]),
        user("Thanks"),
      ],
      id: 2,
    },
    { conversations: [], messages: [user("and this?")] },
    { messages: [user("A joy"), { role: "assistant", content: null, tool_calls: [] }] },
  ]);
  expect(table.columns).toEqual(["prompt", "completion", "id", "conversations"]);
  expect(table.rows).toEqual([
    { prompt: "A warm film", completion: "great", id: 1 },
    {
      prompt: "System: Judge films.\nUser: A dull mess\nAssistant: bad\nUser: Sure?\nAssistant:",
      completion: "Yes, bad.",
      id: 2,
    },
  ]);
  expect(table.rowNumbers).toEqual([1, 2]);
  expect(table.problems).toEqual([
    { row: 3, code: "E-DATA-1", message: "Row 3 has no answer of the assistant to train on." },
    { row: 4, code: "E-DATA-1", message: "Row 4 has no answer of the assistant to train on." },
  ]);
});

test("ShareGPT's conversations and TRL's conversational pairs are chats too", async () => {
  const sharegpt = await tableOf([
    {
      conversations: [
        { from: "human", value: "Hi" },
        { from: "gpt", value: "Hello" },
      ],
    },
  ]);
  expect(sharegpt.rows).toEqual([{ prompt: "Hi", completion: "Hello" }]);
  const trl = await tableOf([{ prompt: [user("Hi")], completion: [assistant("Hello")], n: 1 }]);
  expect(trl.rows).toEqual([{ prompt: "Hi", completion: "Hello", n: 1 }]);
});

test("instructions get Alpaca's prompt, with an input or without", async () => {
  const { rows, columns } = await tableOf([
    { instruction: "Add.", input: "1 and 2", output: "3" },
    { instruction: "Say hello.", input: "", output: "Hello" },
  ]);
  expect(columns).toEqual(["prompt", "instruction", "input", "output"]);
  // tatsu-lab/stanford_alpaca, train.py, PROMPT_DICT
  expect(rows[0]?.["prompt"]).toBe(
    "Below is an instruction that describes a task, paired with an input that provides further " +
      "context. Write a response that appropriately completes the request.\n\n" +
      "### Instruction:\nAdd.\n\n### Input:\n1 and 2\n\n### Response:",
  );
  expect(rows[1]?.["prompt"]).toBe(
    "Below is an instruction that describes a task. Write a response that appropriately completes " +
      "the request.\n\n### Instruction:\nSay hello.\n\n### Response:",
  );
});

test("Dolly's columns are instructions too", async () => {
  const { rows } = await tableOf([{ instruction: "Add.", context: "1, 2", response: "3" }]);
  expect(rows[0]?.["prompt"]).toContain("### Input:\n1, 2\n\n");
  expect(guessTask(await tableOf([{ instruction: "a", response: "b" }]))).toMatchObject({
    kind: "generation",
    template: "{prompt}",
    labelColumn: "response",
  });
});

test("completions that are few and repeat are labels and their own words", async () => {
  const words = ["great", "bad", "great", "bad"];
  const rows = words.map((word, i) => ({ prompt: `film ${i}`, completion: ` ${word}` }));
  expect(guessTask(await tableOf(rows))).toEqual({
    kind: "classification",
    template: "{prompt}",
    labelColumn: "completion",
    labels: ["bad", "great"],
    words: [" bad", " great"],
    bos: 2,
    maxLength: 512,
  });
  const yes = ["True", "False", "True", "False"];
  const judged = await tableOf(yes.map((word, i) => ({ prompt: `p ${i}`, completion: word })));
  expect(guessTask(judged)).toMatchObject({
    labels: ["false", "true"],
    words: [" False", " True"],
  });
});

test("completions that differ are trained on as they are", async () => {
  const rows = Array.from({ length: 6 }, (_, i) => ({
    prompt: `${i}?`,
    completion: `answer ${i}`,
  }));
  expect(guessTask(await tableOf(rows))).toMatchObject({
    kind: "generation",
    template: "{prompt}",
    labelColumn: "completion",
    labels: [],
    words: [],
  });
});

test("a table with other columns stays as it is", async () => {
  const rows = [
    { messages: "two", text: "x" },
    { messages: [1], text: "y" },
  ];
  expect((await tableOf(rows)).rows).toEqual(rows);
});
