import { ZerothError } from "#base/errors.ts";
import { encodeTable } from "#data/examples/encode.ts";
import {
  type DataFiles,
  defaultRules,
  defaultSplitSizes,
  describeSplits,
  drawSplits,
  type SplitRules,
  type Splits,
} from "#data/examples/splits.ts";
import { asQuestions } from "#data/tasks/choices.ts";
import { defaultSizes as usualTaskSizes } from "#data/tasks/definition.ts";
import { taskDefinition } from "#data/tasks/index.ts";
import type { EncodedExample, Table, TaskSpec } from "#data/tasks/task.ts";
import type { Tokenizer } from "#data/tokenizer/tokenizer.ts";
import { ranked } from "#zo/draws.ts";
import { readTable } from "./files.ts";
import type { Arguments } from "./flags.ts";

export interface ReadRows {
  readonly examples: readonly EncodedExample[];
  readonly table: Table;
}

/** The training, validation and test set of a training command. */
export interface TrainingTables {
  readonly train: Table;
  readonly dev?: Table;
  readonly test?: Table;
  /** How they were drawn; absent if they are whole files. */
  readonly rules?: SplitRules;
}

const sizeFlags = {
  "train-rows": "trainRows",
  "dev-rows": "devRows",
  "test-rows": "testRows",
  "data-seed": "dataSeed",
} as const;

/**
 * Reads the training file and those of `--dev` and `--test`. With `--train-rows`, `--dev-rows`, `--test-rows` or
 * `--data-seed`, the three sets are drawn from them as in the page.
 */
export async function readTrainingTables(
  { flags }: Arguments,
  path: string,
  task: TaskSpec,
): Promise<TrainingTables> {
  const read = async (name: string | undefined) =>
    name === undefined ? null : asQuestions(await readTable(name), task);
  const train = asQuestions(await readTable(path), task);
  const files = { train, second: await read(flags["dev"]), third: await read(flags["test"]) };
  const given = givenSizes(flags);
  const { second: dev, third: test } = files;
  if (Object.keys(given).length === 0) return { train, ...(dev && { dev }), ...(test && { test }) };
  const rules = rulesFor(files, task, given);
  const isUsual = Object.keys(given).every((key) => key === "dataSeed");
  return { ...drawnParts(files, rules, isUsual), rules };
}

function drawnParts(files: DataFiles, rules: SplitRules, isUsual: boolean): Splits {
  const parts = drawSplits(files, rules, (seed, n) => ranked(seed, "split", 0, n));
  console.error(describeSplits(files, rules, parts, isUsual));
  return parts;
}

/** Returns the examples of a file. Problems are reported on stderr. */
export async function readExamples(
  path: string,
  task: TaskSpec,
  tokenizer: Tokenizer,
  purpose: "training" | "evaluation",
): Promise<ReadRows> {
  return encodeRows(await readTable(path), task, tokenizer, purpose);
}

function encodeRows(
  table: Table,
  task: TaskSpec,
  tokenizer: Tokenizer,
  purpose: "training" | "evaluation",
): ReadRows {
  const { examples, problems } = encodeTable(tokenizer, task, table, purpose);
  const all = [...table.problems, ...problems];
  for (const { message } of all.slice(0, 10)) console.error(message);
  if (all.length > 10) console.error(`… and ${all.length - 10} more rows with problems.`);
  if (examples.length > 0) return { examples, table };
  throw noUsableRow(table);
}

/** The error for a file of which no row can be used. */
export function noUsableRow({ name }: Pick<Table, "name">): ZerothError {
  return new ZerothError("E-DATA-1", `"${name}" has no row that can be used.`);
}

function givenSizes(flags: Arguments["flags"]): Partial<SplitRules> {
  const entries = Object.entries(sizeFlags).flatMap(([flag, key]) => {
    const text = flags[flag];
    if (text === undefined) return [];
    const value = Number(text);
    if (text.trim() !== "" && Number.isSafeInteger(value) && value >= 0) return [[key, value]];
    throw new ZerothError("E-CFG-1", `--${flag} is "${text}"; it should be a whole number.`);
  });
  return Object.fromEntries(entries);
}

function rulesFor(files: DataFiles, task: TaskSpec, given: Partial<SplitRules>): SplitRules {
  const isBuiltIn = "task" in task;
  const sizes = isBuiltIn ? taskDefinition(task.task).sizes : usualTaskSizes;
  // A file given as --dev is the validation set, whatever the default of the page.
  const secondFile = "dev";
  const usual = defaultSplitSizes(files, sizes, { isBuiltIn, secondFile });
  return { ...defaultRules, ...usual, secondFile, ...given };
}
