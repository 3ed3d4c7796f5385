import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { encodeOptions, encodeTable } from "../examples/encode.ts";
import { loadTokenizer } from "../tokenizer/tokenizer.ts";
import type { TaskDefinition } from "./definition.ts";
import { builtInTask, taskDefinitions } from "./index.ts";
import type { EncodedOption, Table } from "./task.ts";

const FIXTURES = new URL("../../../test/fixtures/", import.meta.url);
const read = (path: string) => readFileSync(new URL(path, FIXTURES), "utf8");
const readLines = (path: string) =>
  read(path)
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line));

const tokenizer = loadTokenizer(
  new Map(
    ["vocab.json", "merges.txt", "tokenizer_config.json"].map((name) => [
      name,
      read(`opt-tiny-real-vocab/${name}`),
    ]),
  ),
);

/** A line of TASK.expected.jsonl; made by src/tools/task_prompts.py with Hugging Face's tokenizer. */
interface ExpectedRow {
  bos: 0 | 2;
  maxLength: number;
  samples: {
    prompt: string;
    texts: string[];
    right: number[];
    ids: number[][];
    lengths: number[];
    golds?: string[];
    promptIds?: number[];
  }[];
}

function expectedRows({ id }: TaskDefinition): { row: object; expected: ExpectedRow }[] {
  const expected: ExpectedRow[] = readLines(`tasks/${id.toLowerCase()}.expected.jsonl`);
  const rows: object[] = readLines(`tasks/${id.toLowerCase()}.jsonl`);
  expect(rows.length).toBe(expected.length);
  return rows.flatMap((row, i) => {
    const line = expected[i];
    return line === undefined ? [] : [{ row, expected: line }];
  });
}

function tableOf(row: object): Table {
  const rows = [{ ...row }];
  const columns = Object.keys(row);
  return { name: "a.jsonl", format: "jsonl", columns, rows, rowNumbers: [1], problems: [] };
}

const idsOf = (options: readonly EncodedOption[]) => options.map(({ ids }) => ids);
const lengthsOf = (options: readonly EncodedOption[]) =>
  options.map(({ optionLength }) => optionLength);

test.each(taskDefinitions)("$id rows become Python's prompts and options", (task) => {
  for (const { row, expected } of expectedRows(task)) {
    const found = task.samples({ ...row }).map(({ prompt, options, right, golds }) => ({
      prompt,
      texts: options.map((option) => prompt + option),
      right,
      ...(golds === undefined ? {} : { golds }),
    }));
    const wanted = expected.samples.map(({ prompt, texts, right, golds }) => ({
      prompt,
      texts,
      right,
      ...(golds === undefined ? {} : { golds }),
    }));
    expect(found).toEqual(wanted);
  }
});

test.each(taskDefinitions)("$id rows have Python's ids and option lengths", (task) => {
  for (const { row, expected } of expectedRows(task)) {
    const spec = builtInTask(task.id, expected);
    const { examples, problems } = encodeTable(tokenizer, spec, tableOf(row), "evaluation");
    expect(problems).toEqual([]);
    expect(examples.map(({ options }) => idsOf(options))).toEqual(
      expected.samples.map(({ ids }) => ids),
    );
    expect(examples.map(({ options }) => lengthsOf(options))).toEqual(
      expected.samples.map(({ lengths }) => lengths),
    );
    expect(examples.map(({ answer, alsoRight = [] }) => [answer, ...alsoRight])).toEqual(
      expected.samples.map(({ right }) => right),
    );
    expect(examples.map(({ writing }) => writing)).toEqual(
      expected.samples.map(({ golds, promptIds }) => promptIds && { promptIds, golds }),
    );
    expect(idsOf(encodeOptions(tokenizer, spec, { ...row }))).toEqual(expected.samples[0]?.ids);
  }
});

test.each(taskDefinitions)("$id rows are trained as MeZO trains them", (task) => {
  for (const { row, expected } of expectedRows(task)) {
    const spec = builtInTask(task.id, expected);
    const { examples } = encodeTable(tokenizer, spec, tableOf(row));
    const isAlone = task.kind !== "classification";
    expect(examples).toEqual(
      expected.samples.map(({ ids, lengths, right: [first = 0] }) => {
        const options = ids.map((each, i) => ({ ids: each, optionLength: lengths[i] }));
        return isAlone
          ? { row: 0, options: [options[first]], answer: 0 }
          : { row: 0, options, answer: first };
      }),
    );
  }
});
