import { ZerothError } from "#base/errors.ts";
import { count, plural } from "#base/text.ts";
import type { TaskSizes } from "../tasks/definition.ts";
import type { Table } from "../tasks/task.ts";
import { pickRows } from "./batches.ts";

/** How examples are drawn into sets, and what happens to odd ones. Stored with a run. */
export interface SplitRules {
  /** Largest size of each set. */
  readonly trainRows: number;
  readonly devRows: number;
  readonly testRows: number;
  /** Seed of the draw; independent of the seed of the run. */
  readonly dataSeed: number;
  /**
   * Use of a second file. "test", as in MeZO: the validation set is drawn from the first file. "dev": the validation
   * set is drawn from the second file, the test set from its rest.
   */
  readonly secondFile: "test" | "dev";
  /** Training examples that repeat an earlier text. */
  readonly duplicates: "keep" | "drop";
  /** Training examples whose text is also in the validation or test set. */
  readonly leaks: "keep" | "drop";
  /** Rows with a label and no text. */
  readonly empty: "keep" | "drop";
  /** Rows longer than the limit. */
  readonly long: "cut" | "drop";
  /** Rows whose label has no word. */
  readonly foreign: "drop" | "stop";
}

/** As in MeZO's code, except for labels without a word, where that stops with a KeyError. */
export const defaultRules = {
  dataSeed: 0,
  secondFile: "test",
  duplicates: "keep",
  leaks: "keep",
  empty: "keep",
  long: "cut",
  foreign: "drop",
} as const satisfies Partial<SplitRules>;

/** The files that sets are drawn from. */
export interface DataFiles {
  readonly train: Table;
  readonly second: Table | null;
  readonly third: Table | null;
}

export interface Splits {
  readonly train: Table;
  readonly dev: Table;
  readonly test: Table;
}

export type SplitName = keyof Splits;

/** MeZO's smallest validation sets: CB and COPA. */
const LEAST_OF_MEZO = 100;
/** One part in so many of a short file goes to the validation set, and to the test set. */
const SHARE = 5;

/** MeZO's sizes, or smaller ones that these files allow. */
export function defaultSplitSizes(
  files: DataFiles,
  sizes: TaskSizes,
  { isBuiltIn, secondFile }: { readonly isBuiltIn: boolean } & Pick<SplitRules, "secondFile">,
): Pick<SplitRules, "trainRows" | "devRows" | "testRows"> {
  const { dev, test } = sourcesOf(files, secondFile);
  const n = files.train.rows.length;
  const share = Math.floor(n / SHARE);
  // MeZO takes its whole validation set even if few examples are left: of WSC's 554, 54 are for training.
  const isMezo = isBuiltIn && test.file !== null && n > sizes.dev;
  const devRows = isMezo ? sizes.dev : Math.min(sizes.dev, Math.max(1, share));
  const held = dev.file === null ? devRows : Math.min(sizes.dev, dev.file.rows.length);
  const left = dev.file === null ? n - held : n;
  // Of a long file, what MeZO's sizes leave over is available for the test set.
  const rest = Math.max(share, n - sizes.train - devRows);
  const tested = test.file === null ? rest : test.file.rows.length - (test.isRest ? held : 0);
  const testRows = Math.max(0, Math.min(sizes.eval, tested));
  const trained = test.file === null ? left - testRows : left;
  return { trainRows: Math.min(sizes.train, trained), devRows: held, testRows };
}

/**
 * Draws the sets from the files. As in MeZO, training and validation set come from one draw, validation last. A set
 * that takes a whole file keeps its order.
 *
 * @param order 0..n-1 in a random order
 * @throws ZerothError E-DATA-6 if no example would be left for training
 */
export function drawSplits(
  files: DataFiles,
  rules: SplitRules,
  order: (seed: number, n: number) => readonly number[],
): Splits {
  const { dev, test } = sourcesOf(files, rules.secondFile);
  const { train: file } = files;
  const n = file.rows.length;
  const devRows = dev.file === null ? rules.devRows : 0;
  const testRows = test.file === null ? rules.testRows : 0;
  if (rules.trainRows < 1 || devRows + testRows >= n) throw nothingLeft(n, devRows, testRows);
  const drawn = Math.min(n - testRows, rules.trainRows + devRows);
  const isWhole = devRows + testRows === 0 && drawn === n;
  const ranks = isWhole ? Array.from({ length: n }, (_, i) => i) : order(rules.dataSeed, n);
  const from = (source: Table | null, start: number, count: number): Table => {
    if (source === null)
      return { ...pickRows(file, ranks.slice(start, start + count)), problems: [] };
    const m = source.rows.length;
    if (start === 0 && count >= m) return source;
    return pickRows(source, order(rules.dataSeed, m).slice(start, start + count));
  };
  return {
    train: pickRows(file, ranks.slice(0, drawn - devRows)),
    dev: named(
      from(dev.file, dev.file ? 0 : drawn - devRows, rules.devRows),
      "validation",
      !dev.file,
    ),
    test: named(
      from(test.file, test.isRest ? rules.devRows : test.file ? 0 : drawn, rules.testRows),
      "test",
      !test.file,
    ),
  };
}

/**
 * Describes in sentences what was drawn from where, and by which rule.
 *
 * @param isUsual whether the sizes are the default ones
 */
export function describeSplits(
  files: DataFiles,
  rules: SplitRules,
  parts: Splits,
  isUsual = true,
): string {
  const { dev, test } = sourcesOf(files, rules.secondFile);
  const [trained, watched, tested] = [parts.train, parts.dev, parts.test].map(({ rows }) =>
    count(rows.length),
  );
  const nameOf = (file: Table | null) => (file ?? files.train).name;
  const isOneFile = !dev.file && !test.file;
  const sentences = [
    `${trained} examples of ${files.train.name} are the training set.`,
    parts.dev.rows.length === 0
      ? "There is no validation set."
      : `${watched} ${isOneFile ? "others" : `of ${nameOf(dev.file)}`} are the validation set.`,
    parts.test.rows.length === 0
      ? "There is no test set."
      : `${tested} ${isOneFile ? "more" : `of ${nameOf(test.file)}`} are the test set.`,
  ];
  return `${sentences.join(" ")} ${ruleOf(files, rules, isUsual)}`;
}

function ruleOf(files: DataFiles, rules: SplitRules, isUsual: boolean): string {
  const n = files.train.rows.length;
  const { dev, test } = sourcesOf(files, rules.secondFile);
  const isWhole = dev.file !== null && test.file !== null && rules.trainRows >= n;
  if (isWhole) return "Every file is one set.";
  const how = `Drawn at random with data seed ${rules.dataSeed}`;
  if (!isUsual) return `${how}, in the sizes that were set.`;
  const isShort = rules.devRows < LEAST_OF_MEZO;
  if (test.file !== null && isShort) return `${how}; of a short file, a fifth is for validation.`;
  if (test.file !== null) return `${how}, as in MeZO.`;
  return `${how}; of a short file, a fifth is for validation and a fifth for the test.`;
}

interface Sources {
  readonly dev: { readonly file: Table | null };
  /** `isRest`: what the validation set leaves of its file. */
  readonly test: { readonly file: Table | null; readonly isRest: boolean };
}

/** The file of each set; null is the training file. */
function sourcesOf({ second, third }: DataFiles, secondFile: SplitRules["secondFile"]): Sources {
  if (third !== null) return { dev: { file: second }, test: { file: third, isRest: false } };
  if (second !== null && secondFile === "dev") {
    return { dev: { file: second }, test: { file: second, isRest: true } };
  }
  return { dev: { file: null }, test: { file: second, isRest: false } };
}

function named(table: Table, purpose: string, isDrawn: boolean): Table {
  return isDrawn ? { ...table, name: `${table.name} (${purpose})` } : table;
}

function nothingLeft(n: number, dev: number, test: number): ZerothError {
  const rows = plural(n, "row");
  return new ZerothError(
    "E-DATA-6",
    `Of ${rows}, ${dev} for validation and ${test} for the test leave none for training. Lower these numbers.`,
  );
}
