import type { EncodedExample, Table, TaskSpec } from "../tasks/task.ts";
import type { EncodedTable } from "./encode.ts";

/** A table with what became of its rows. */
export interface EncodedPart extends EncodedTable {
  readonly table: Table;
}

/** Share of one label above which always answering it looks like learning. */
const MAJORITY_SHARE = 0.8;

/** What is odd about the rows though it stops nothing: one sentence each, counted. */
export function dataWarnings(
  spec: TaskSpec,
  train: EncodedPart,
  dev: EncodedPart,
): readonly string[] {
  const warnings = [
    ...imbalance(spec, train),
    sharedFirstToken(spec, train.examples[0]),
    unevenWords(spec, train.examples[0]),
    dev.examples.length === 0
      ? "No row is held out, so nothing can tell learning from memorising."
      : null,
  ];
  return warnings.filter((warning) => warning !== null);
}

/** `1 row`, `4,210 rows`. */
export function count(n: number, noun: string): string {
  return `${n.toLocaleString("en-US")} ${noun}${n === 1 ? "" : "s"}`;
}

function imbalance(spec: TaskSpec, train: EncodedPart): readonly (string | null)[] {
  const total = train.examples.length;
  if (total === 0 || spec.labels.length === 0) return [];
  const counts = spec.labels.map(
    (_, index) => train.examples.filter((example) => example.answer === index).length,
  );
  const most = Math.max(...counts);
  const percent = Math.floor((100 * most) / total);
  const label = spec.labels[counts.indexOf(most)] ?? "";
  return [
    most / total < MAJORITY_SHARE
      ? null
      : `${percent} % of the training rows have label "${label}"; always answering it already ` +
        `gives ${percent} %.`,
    ...spec.labels.map((name, index) =>
      counts[index] === 0 ? `No training row has label "${name}".` : null,
    ),
  ];
}

/** [options] the ids of each word in an example. */
function wordIds(example: EncodedExample): readonly (readonly number[])[] {
  return example.options.map((option) => option.ids.slice(-option.optionLength));
}

function sharedFirstToken(spec: TaskSpec, example: EncodedExample | undefined): string | null {
  if (example === undefined || spec.words.length === 0) return null;
  const firsts = wordIds(example).map((ids) => ids[0]);
  const second = firsts.findIndex((id, index) => firsts.indexOf(id) < index);
  if (second < 0) return null;
  const first = firsts.indexOf(firsts[second]);
  return (
    `Words "${spec.words[first]}" and "${spec.words[second]}" begin with the same token; ` +
    "only what follows it tells them apart."
  );
}

function unevenWords(spec: TaskSpec, example: EncodedExample | undefined): string | null {
  if (example === undefined || spec.words.length === 0) return null;
  const lengths = wordIds(example).map((ids) => ids.length);
  if (new Set(lengths).size < 2) return null;
  const listed = lengths.map((length, index) => `"${spec.words[index]}" ${length}`).join(", ");
  return `The words differ in how many tokens they are (${listed}); the mean over each is compared.`;
}
