import { ZerothError } from "#base/errors.ts";
import { count, plural } from "#base/text.ts";
import type { TaskSizes } from "../tasks/definition.ts";
import type { Table } from "../tasks/task.ts";
import { pickRows } from "./batches.ts";

/** How rows are drawn into parts, and what becomes of rows that are odd. Kept with a run. */
export interface SplitRules {
  /** Rows of each part, at most. */
  readonly trainRows: number;
  readonly devRows: number;
  readonly testRows: number;
  /** Decides which rows are drawn; a run's own seed has no part in it. */
  readonly dataSeed: number;
  /**
   * What a second file is for: the final test, as in MeZO, where the rows that training is watched on
   * are drawn from the first; or for watching, what is left over being for the final test.
   */
  readonly secondFile: "test" | "dev";
  /** Training rows that repeat the text of an earlier one. */
  readonly duplicates: "keep" | "drop";
  /** Training rows whose text is also held out. */
  readonly leaks: "keep" | "drop";
  /** Rows with a label and no text. */
  readonly empty: "keep" | "drop";
  /** Rows longer than the limit. */
  readonly long: "cut" | "drop";
  /** Rows whose label has no word. */
  readonly foreign: "drop" | "stop";
}

/** What MeZO's code does, but for labels without a word: it stops at them with a KeyError. */
export const defaultRules = {
  dataSeed: 0,
  secondFile: "test",
  duplicates: "keep",
  leaks: "keep",
  empty: "keep",
  long: "cut",
  foreign: "drop",
} as const satisfies Partial<SplitRules>;

/** The files that rows come from, each whole. */
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

/** Rows that MeZO watches where it watches the fewest: CB and COPA. */
const LEAST_OF_MEZO = 100;
/** Share of a file that is held out for each purpose, where it has fewer rows than MeZO draws. */
const SHARE = 5;

/** Sizes that these files allow, as near to MeZO's as they go. */
export function defaultSplitSizes(
  files: DataFiles,
  sizes: TaskSizes,
  { isBuiltIn, secondFile }: { readonly isBuiltIn: boolean } & Pick<SplitRules, "secondFile">,
): Pick<SplitRules, "trainRows" | "devRows" | "testRows"> {
  const { dev, test } = sourcesOf(files, secondFile);
  const n = files.train.rows.length;
  const share = Math.floor(n / SHARE);
  // MeZO takes its held-out rows whole, even where few are left: 54 of WSC's 554 are trained on.
  const isMezo = isBuiltIn && test.file !== null && n > sizes.dev;
  const devRows = isMezo ? sizes.dev : Math.min(sizes.dev, Math.max(1, share));
  const held = dev.file === null ? devRows : Math.min(sizes.dev, dev.file.rows.length);
  const left = dev.file === null ? n - held : n;
  // What MeZO's sizes would leave of a long file may be tested, too.
  const rest = Math.max(share, n - sizes.train - devRows);
  const tested = test.file === null ? rest : test.file.rows.length - (test.isRest ? held : 0);
  const testRows = Math.max(0, Math.min(sizes.eval, tested));
  const trained = test.file === null ? left - testRows : left;
  return { trainRows: Math.min(sizes.train, trained), devRows: held, testRows };
}

/**
 * The parts that are drawn from the files. As in MeZO, the rows to watch training on are the last of
 * one draw with those to train on. A part that takes a whole file keeps its order.
 *
 * @param order 0..n-1 in a random order
 * @throws ZerothError E-DATA-6 if no row would be left to train on
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
      "held out",
      !dev.file,
    ),
    test: named(
      from(test.file, test.isRest ? rules.devRows : test.file ? 0 : drawn, rules.testRows),
      "final test",
      !test.file,
    ),
  };
}

/**
 * What was drawn from where, and by which rule, in sentences.
 *
 * @param isUsual nobody set the sizes
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
    `${trained} rows of ${files.train.name} are trained on.`,
    parts.dev.rows.length === 0
      ? "None are held out to watch training on."
      : `${watched} ${isOneFile ? "others" : `of ${nameOf(dev.file)}`} are held out, to watch training on.`,
    parts.test.rows.length === 0
      ? "None are kept for a final test."
      : `${tested} ${isOneFile ? "more" : `of ${nameOf(test.file)}`} are kept for the test at the end.`,
  ];
  return `${sentences.join(" ")} ${ruleOf(files, rules, isUsual)}`;
}

function ruleOf(files: DataFiles, rules: SplitRules, isUsual: boolean): string {
  const n = files.train.rows.length;
  const { dev, test } = sourcesOf(files, rules.secondFile);
  const isWhole = dev.file !== null && test.file !== null && rules.trainRows >= n;
  if (isWhole) return "Every file is one part.";
  const how = `Drawn at random with data seed ${rules.dataSeed}`;
  if (!isUsual) return `${how}, in sizes set by hand.`;
  const isShort = rules.devRows < LEAST_OF_MEZO;
  if (test.file !== null && isShort) return `${how}; of a short file, a fifth is held out.`;
  if (test.file !== null) return `${how}, as in MeZO.`;
  return `${how}; of a short file, a fifth is held out and a fifth kept for the test.`;
}

interface Sources {
  readonly dev: { readonly file: Table | null };
  /** `isRest`: what the rows to watch on leave of their file. */
  readonly test: { readonly file: Table | null; readonly isRest: boolean };
}

/** Which file each part comes from; null is the training file. */
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
    `Of ${rows}, ${dev} to watch on and ${test} to test on leave none to train on. Lower these numbers.`,
  );
}
