/** A task of one's own, or one of those that come with the application. */
export type TaskSpec = CustomTask | BuiltInTask;

/** How rows of a table become text for the model, and which words stand for the labels. */
export interface CustomTask extends TaskText {
  readonly kind: TaskKind;
  /** Of multiple choice, the columns that hold the options; the label column says which is right. */
  readonly optionColumns?: readonly string[];
  /** Of classification: a score head on the text's last token tells labels apart; no `words` then. */
  readonly head?: true;
}

/** A published task by its name; make it with `builtInTask`. Its own file turns rows into text. */
export interface BuiltInTask extends TaskText {
  readonly kind: TaskKind;
  readonly task: TaskId;
  /** Where the file names columns otherwise: the file's column by the task's own. */
  readonly columns?: Readonly<Record<string, string>>;
  /** To be asked by a score head: becomes a task of one's own once rows say which labels there are. */
  readonly head?: true;
}

/**
 * - classification: the options compete, in training and in evaluation;
 * - multiple choice: options differ from row to row; trained on the tokens of the right one alone;
 * - generation: trained on the tokens of the answer; evaluated by what the model writes.
 */
export type TaskKind = "classification" | "multiple choice" | "generation";

/** Names as MeZO's code has them, then GLUE's for the tasks it has no prompts for. */
export type TaskId =
  | "SST2"
  | "RTE"
  | "CB"
  | "BoolQ"
  | "WSC"
  | "WIC"
  | "MultiRC"
  | "Copa"
  | "ReCoRD"
  | "SQuAD"
  | "DROP"
  | "MNLI"
  | "QNLI"
  | "CoLA"
  | "MRPC";

/** What tasks of both sorts say. Of a built-in task, all but the last two is for reading. */
interface TaskText {
  /** MeZO's syntax: `{column}` is replaced by the row's value, stripped. Example: `{text} It was`. */
  readonly template: string;
  /** Of generation, where the answer stands. */
  readonly labelColumn: string;
  /** Label values as text, in the order of `words`. Empty where options are not labels. */
  readonly labels: readonly string[];
  /** What is appended to the prompt for each label, with its leading space where it wants one. */
  readonly words: readonly string[];
  /** Of OPT alone, the token put in front: 2 is its tokenizer's own, 0 what MeZO's published code uses. */
  readonly bos?: 0 | 2;
  /** Tokens kept; longer rows lose their beginning (never BOS), as in MeZO. */
  readonly maxLength: number;
}

/** What is put in front of a text, and how many tokens are kept. */
export type TextLimits = Pick<TaskSpec, "bos" | "maxLength">;

export function limitsOf({ bos, maxLength }: TextLimits): TextLimits {
  return bos === undefined ? { maxLength } : { bos, maxLength };
}

/** Tokens a model may write for a generation task, as in MeZO: sequences are shorter by as many. */
export const MAX_NEW_TOKENS = 50;
/** Writing ends at this text's token, or at `</s>`. Answers are trained with it at their end. */
export const STOP_TEXT = "\n";

/** A parsed table. Values are what the file held: strings for CSV, any JSON value for JSONL. */
export interface Table {
  readonly name: string;
  readonly format: "jsonl" | "json" | "csv" | "tsv" | "parquet";
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
  /** Where each of `rows` stands in the file, as `RowProblem.row` counts. */
  readonly rowNumbers: readonly number[];
  /** Rows that could not be read and are not in `rows`. */
  readonly problems: readonly RowProblem[];
}

export type Row = Readonly<Record<string, unknown>>;

/**
 * Something wrong with a row; `row` counts from 1 as a person would: the line of JSONL, the place in
 * a JSON array, the record after the header of CSV and TSV (blank lines count).
 */
export interface RowProblem {
  readonly row: number;
  readonly code: "E-DATA-1" | "E-DATA-2" | "E-DATA-3" | "E-DATA-5";
  readonly message: string;
}

/**
 * One example as token ids: every option is prompt + word (or answer), behind what the tokenizer puts in front. For a
 * score head, one option a label: the text, and the label's number as the one id that is scored.
 */
export interface EncodedExample {
  /** Index of its row in the table. A row may make several examples. */
  readonly row: number;
  /** For training on the tokens of the right option, that option alone. */
  readonly options: readonly EncodedOption[];
  /** Which option is right; of several, the first. */
  readonly answer: number;
  /** Further options that are right too (ReCoRD). */
  readonly alsoRight?: readonly number[];
  /** What the model writes on from, and the answers that are right, where it is judged by that. */
  readonly writing?: Writing;
}

export interface Writing {
  /** The prompt with what the tokenizer puts in front, short enough for `MAX_NEW_TOKENS` to follow. */
  readonly promptIds: readonly number[];
  /** Any of these is right. */
  readonly golds: readonly string[];
}

export interface EncodedOption {
  readonly ids: readonly number[];
  /** How many ids at the end are scored. */
  readonly optionLength: number;
}
