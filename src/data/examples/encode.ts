import { ZerothError } from "#base/errors.ts";
import { quote } from "#base/text.ts";
import { checkColumns, withColumns } from "../tasks/columns.ts";
import { checkCustomTask, customSample } from "../tasks/customTask.ts";
import type { Sample } from "../tasks/definition.ts";
import { taskDefinition } from "../tasks/index.ts";
import {
  type CustomTask,
  type EncodedExample,
  type EncodedOption,
  MAX_NEW_TOKENS,
  type Row,
  type RowProblem,
  type Table,
  type TaskSpec,
} from "../tasks/task.ts";
import type { TextEncoderLike } from "../tokenizer/encodeText.ts";
import {
  type EncodedSample,
  encodeAllOptions,
  encodeSample,
  type Purpose,
} from "./encodeSample.ts";

/** A table's rows, encoded. Every row of the table is in `examples` or in `problems`. */
export interface EncodedTable {
  readonly examples: readonly EncodedExample[];
  /** [examples] tokens of the longest option before cutting, with BOS. */
  readonly uncutLengths: readonly number[];
  /** [examples] the prompt, followed by the options if they differ between examples. */
  readonly texts: readonly string[];
  readonly problems: readonly RowProblem[];
}

/**
 * Encodes all rows of a table, in order. A row with a problem makes no example.
 *
 * @throws ZerothError E-CFG-1, E-TASK-1, E-TASK-2 or E-DATA-2 if no row could fit: a template that is malformed or names
 *   a column that is not there, a label column that is not there, words that do not match labels
 */
export function encodeTable(
  tokenizer: TextEncoderLike,
  spec: TaskSpec,
  table: Table,
  purpose: Purpose = "training",
): EncodedTable {
  checkTask(spec, table.columns);
  const examples: EncodedExample[] = [];
  const uncutLengths: number[] = [];
  const texts: string[] = [];
  const problems: RowProblem[] = [];
  for (const [index, row] of table.rows.entries()) {
    try {
      for (const { example, uncutLength, text } of encodeRow(tokenizer, spec, row, purpose)) {
        examples.push({ row: index, ...example });
        uncutLengths.push(uncutLength);
        texts.push(text);
      }
    } catch (error) {
      problems.push(problemOf(error, table.rowNumbers[index] ?? index + 1));
    }
  }
  return { examples, uncutLengths, texts, problems };
}

/**
 * Encodes one row as token ids, or returns why it cannot be used.
 *
 * @param rowIndex  index in the table, from 0; problems count from 1
 */
export function encodeExample(
  tokenizer: TextEncoderLike,
  spec: CustomTask,
  row: Row,
  rowIndex: number,
): EncodedExample | RowProblem {
  try {
    const sample = answered(spec, customSample(spec, row));
    return { row: rowIndex, ...encodeSample(tokenizer, spec, sample, "training").example };
  } catch (error) {
    return problemOf(error, rowIndex + 1);
  }
}

/**
 * Encodes every option of a row; the row needs no label. Of a row with several samples, those of the first; of a
 * generation task, the answer if the row has one.
 *
 * @throws ZerothError E-DATA-2, E-DATA-3 or E-DATA-5 if the row cannot be used
 */
export function encodeOptions(
  tokenizer: TextEncoderLike,
  spec: TaskSpec,
  row: Row,
): readonly EncodedOption[] {
  const [sample] = samplesOf(spec, row, "unasked");
  if (sample === undefined) return [];
  return encodeAllOptions(tokenizer, spec, sample).options;
}

/**
 * Refuses a task that no row of a table with these columns could fit.
 *
 * @throws ZerothError E-CFG-1, E-TASK-1, E-TASK-2 or E-DATA-2
 */
export function checkTask(spec: TaskSpec, columns: readonly string[]): void {
  if ("task" in spec) checkColumns(spec, columns);
  else checkCustomTask(spec, columns);
  const least = spec.kind === "generation" ? MAX_NEW_TOKENS + 2 : 2;
  if (!Number.isInteger(spec.maxLength) || spec.maxLength < least) {
    throw new ZerothError(
      "E-CFG-1",
      `The longest example may have ${spec.maxLength} tokens. ` +
        `Give a whole number of at least ${least}.`,
    );
  }
}

interface EncodedRowSample extends EncodedSample {
  readonly text: string;
}

/** @throws ZerothError E-DATA-2, E-DATA-3 or E-DATA-5 if the row cannot be used */
function encodeRow(
  tokenizer: TextEncoderLike,
  spec: TaskSpec,
  row: Row,
  purpose: Purpose,
): readonly EncodedRowSample[] {
  return answeredSamples(spec, row).map((sample) => ({
    ...encodeSample(tokenizer, spec, sample, purpose),
    text: [
      sample.prompt,
      ...(sample.furtherTexts ?? []),
      ...(spec.kind === "multiple choice" ? sample.options : []),
    ].join("\n"),
  }));
}

function answeredSamples(spec: TaskSpec, row: Row): readonly Sample[] {
  return samplesOf(spec, row, "asked").map((sample) => answered(spec, sample));
}

/** The row's samples; if the answer is not needed, an unknown label is accepted. */
export function samplesOf(
  spec: TaskSpec,
  row: Row,
  answer: "asked" | "unasked",
): readonly Sample[] {
  if ("task" in spec) return taskDefinition(spec.task).samples(withColumns(spec, row));
  return [customSample(spec, row, answer)];
}

function answered(spec: TaskSpec, sample: Sample): Sample {
  if (sample.right.length > 0) return sample;
  const what = spec.kind === "classification" ? "label" : "right answer";
  throw new ZerothError("E-DATA-2", `There is no ${what} in ${quote(spec.labelColumn)}.`);
}

/** A thrown error as a problem of its row. @throws the error itself if it is not about the row */
function problemOf(error: unknown, row: number): RowProblem {
  if (error instanceof ZerothError) {
    const { code, message } = error;
    if (code === "E-DATA-2" || code === "E-DATA-3" || code === "E-DATA-5") {
      return { row, code, message: `Row ${row}: ${message}` };
    }
  }
  throw error;
}
