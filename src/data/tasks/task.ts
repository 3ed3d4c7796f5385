/** A custom task, or a built-in one. */
export type TaskSpec = CustomTask | BuiltInTask;

/** How rows become text for the model, and the label words. */
export interface CustomTask extends TaskText {
  readonly kind: TaskKind;
  /** Of multiple choice, the columns that hold the options; the label column says which is right. */
  readonly optionColumns?: readonly string[];
  /** Of classification: a score head on the last token of the text scores the labels; `words` is empty. */
  readonly head?: true;
}

/** A built-in task by its name; create it with `builtInTask`. Its own file turns rows into text. */
export interface BuiltInTask extends TaskText {
  readonly kind: TaskKind;
  readonly task: TaskId;
  /** For a file with other column names: the file's column by the task's column. */
  readonly columns?: Readonly<Record<string, string>>;
  /** With a score head; becomes a custom task once the labels are known from the rows. */
  readonly head?: true;
}

/**
 * - classification: the options compete, in training and in evaluation;
 * - multiple choice: options differ from row to row; trained on the tokens of the right one alone;
 * - generation: trained on the tokens of the answer; evaluated by what the model writes.
 */
export type TaskKind = "classification" | "multiple choice" | "generation";

/** Names as in MeZO's code, then GLUE's for tasks without a prompt there. */
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

/** Fields of both kinds of tasks. Of a built-in task, all but the last two are for display. */
interface TaskText {
  /** MeZO's syntax: `{column}` is replaced by the row's value, stripped. Example: `{text} It was`. */
  readonly template: string;
  /** The column with the label; of generation, with the answer. */
  readonly labelColumn: string;
  /** Label values as text, in the order of `words`. Empty where options are not labels. */
  readonly labels: readonly string[];
  /** The text appended to the prompt for each label, with its leading space if it needs one. */
  readonly words: readonly string[];
  /** Of OPT only, the first token: 2 is its tokenizer's own, 0 the one that MeZO's published code uses. */
  readonly bos?: 0 | 2;
  /** Tokens kept; longer rows lose their beginning (never BOS), as in MeZO. */
  readonly maxLength: number;
}

/** First token and length limit of a text. */
export type TextLimits = Pick<TaskSpec, "bos" | "maxLength">;

export function limitsOf({ bos, maxLength }: TextLimits): TextLimits {
  return bos === undefined ? { maxLength } : { bos, maxLength };
}

/** Tokens a model may write for a generation task, as in MeZO: sequences are shorter by as many. */
export const MAX_NEW_TOKENS = 50;
/** Writing ends at this text's token, or at `</s>`. Answers are trained with it at their end. */
export const STOP_TEXT = "\n";

/** A parsed table. Values are as in the file: strings for CSV, any JSON value for JSONL. */
export interface Table {
  readonly name: string;
  readonly format: "jsonl" | "json" | "csv" | "tsv" | "parquet";
  readonly columns: readonly string[];
  readonly rows: readonly Row[];
  /** Number of each row in the file, counted as in `RowProblem.row`. */
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
 * One example as token ids: every option is prompt + word (or answer), after the tokenizer's first tokens. For a
 * score head, one option per label: the text, and the label's number as the one id that is scored.
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
  /** The prompt to continue and the right answers, if the example is evaluated by generation. */
  readonly writing?: Writing;
}

export interface Writing {
  /** The prompt with the tokenizer's first tokens, short enough for `MAX_NEW_TOKENS` to follow. */
  readonly promptIds: readonly number[];
  /** The right answers. */
  readonly golds: readonly string[];
}

export interface EncodedOption {
  readonly ids: readonly number[];
  /** How many ids at the end are scored. */
  readonly optionLength: number;
}
