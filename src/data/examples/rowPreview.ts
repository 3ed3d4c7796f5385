import { ZerothError } from "#base/errors.ts";
import { quote } from "#base/text.ts";
import type { Sample } from "../tasks/definition.ts";
import { usesScoreHead } from "../tasks/scoreHead.ts";
import type { EncodedOption, Row, Table, TaskSpec } from "../tasks/task.ts";
import { valueText } from "../tasks/template.ts";
import { encodeText, idsBefore, type TextEncoderLike } from "../tokenizer/encodeText.ts";
import { samplesOf } from "./encode.ts";
import { encodeAllOptions, textLimits } from "./encodeSample.ts";
import type { SplitName } from "./splits.ts";

/** The part of a tokenizer that a preview needs. */
export interface InspectingTokenizer extends TextEncoderLike {
  /** The text of one id, to show. */
  tokenText(id: number): string;
}

/** One row as in the file, and as the model reads it. */
export interface RowPreview {
  readonly part: SplitName;
  /** Its index in the set, from 0, and the number of rows of the set. */
  readonly index: number;
  readonly count: number;
  /** As `RowProblem.row`. */
  readonly row: number;
  readonly values: readonly { readonly name: string; readonly text: string }[];
  /** Why the row cannot be used, or null. */
  readonly problem: string | null;
  /** Empty if the row cannot be used. */
  readonly options: readonly PreviewOption[];
}

export interface PreviewOption {
  /** What is appended to the prompt; nothing for a score head, which has one option for all labels. */
  readonly text: string;
  /** Its label, if options are labels. */
  readonly label: string | null;
  readonly isRight: boolean;
  /** Tokens cut off after BOS. */
  readonly cut: number;
  readonly tokens: readonly PreviewToken[];
}

export interface PreviewToken {
  readonly text: string;
  /** `scored`: its probability counts, or a score head reads it. */
  readonly role: "bos" | "prompt" | "scored";
}

/** Longer values are cut on screen, never in training. */
const MAX_VALUE = 4000;

/**
 * A row of a set; of a row that makes several examples, the first example.
 *
 * @throws ZerothError E-DATA-7 if the set has no such row
 */
export function previewRow(
  tokenizer: InspectingTokenizer,
  spec: TaskSpec,
  table: Table,
  part: SplitName,
  index: number,
): RowPreview {
  const row = table.rows[index];
  const count = table.rows.length;
  if (row === undefined) {
    throw new ZerothError("E-DATA-7", `There is no row ${index + 1}; this part has ${count} rows.`);
  }
  const known = { part, index, count, row: table.rowNumbers[index] ?? index + 1 };
  const values = Object.entries(row).map(([name, value]) => ({ name, text: shown(value) }));
  try {
    const options = optionsOf(tokenizer, spec, row);
    const isJudged = options.some(({ isRight }) => isRight);
    const problem = isJudged ? null : `There is no right answer in ${quote(spec.labelColumn)}.`;
    return { ...known, values, problem, options };
  } catch (error) {
    if (!(error instanceof ZerothError)) throw error;
    return { ...known, values, problem: error.message, options: [] };
  }
}

function optionsOf(
  tokenizer: InspectingTokenizer,
  spec: TaskSpec,
  row: Row,
): readonly PreviewOption[] {
  const [sample] = samplesOf(spec, row, "asked");
  if (sample === undefined) return [];
  if (usesScoreHead(spec)) return [forHead(tokenizer, spec, sample)];
  const limits = textLimits(spec);
  return sample.options.map((text, index) => {
    const { options, uncutLength } = encodeText(tokenizer, limits, sample.prompt, [text]);
    const [option] = options;
    return {
      text,
      label: spec.labels[index] ?? null,
      isRight: isRight(sample, index),
      cut: option ? uncutLength - option.ids.length : 0,
      tokens: option ? tokensOf(tokenizer, spec, option) : [],
    };
  });
}

/** With a score head, options differ in their label only, so the right one is shown. */
function forHead(tokenizer: InspectingTokenizer, spec: TaskSpec, sample: Sample): PreviewOption {
  const [answer] = sample.right;
  const { options, uncutLength } = encodeAllOptions(tokenizer, spec, sample);
  // The last id is a label's; the head reads the token before it.
  const ids = options[0]?.ids.slice(0, -1) ?? [];
  return {
    text: "",
    label: spec.labels[answer ?? -1] ?? null,
    isRight: answer !== undefined,
    cut: uncutLength - ids.length,
    tokens: tokensOf(tokenizer, spec, { ids, optionLength: 1 }),
  };
}

function isRight({ right }: Sample, index: number): boolean {
  return right.includes(index);
}

function tokensOf(
  tokenizer: InspectingTokenizer,
  spec: TaskSpec,
  { ids, optionLength }: EncodedOption,
): readonly PreviewToken[] {
  const before = idsBefore(tokenizer, spec).length;
  return ids.map((id, index) => {
    const inside = index >= ids.length - optionLength ? "scored" : "prompt";
    return { text: tokenizer.tokenText(id), role: index < before ? "bos" : inside };
  });
}

function shown(value: unknown): string {
  const text =
    typeof value === "string" ? value : (valueText(value) ?? JSON.stringify(value) ?? "");
  return text.length > MAX_VALUE ? `${text.slice(0, MAX_VALUE)}…` : text;
}
