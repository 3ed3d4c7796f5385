import type { RunRecord } from "#run/store/records.ts";
import { formatCount } from "../text/format.ts";
import {
  type Publication,
  publications,
  publishedRows,
  testedExamples,
} from "./publishedNumbers.ts";

export interface PublishedLine {
  readonly model: string;
  readonly method: string;
  /** "91.4 %". */
  readonly value: string;
  readonly source: Publication;
}

export interface PublishedTable {
  readonly lines: readonly PublishedLine[];
  readonly measure: "Accuracy" | "F1";
  /** On what the numbers were measured, and whether any is for the run's own model. */
  readonly note: string;
}

const SIZES = [
  "OPT-125m",
  "OPT-350m",
  "OPT-1.3B",
  "OPT-2.7B",
  "OPT-6.7B",
  "OPT-13B",
  "OPT-30B",
  "OPT-66B",
];

/** What was published for a run's task: its own model's size first. Null where nothing was. */
export function publishedFor(record: RunRecord): PublishedTable | null {
  const { task, modelName } = record;
  const own = sizeOf(modelName);
  if (!("task" in task) || own === null) return null;
  const id = task.task;
  const rows = publishedRows.filter(({ values }) => values[id] !== undefined);
  if (rows.length === 0) return null;
  const isOwn = (model: string) => (model === own ? 0 : 1);
  const sorted = rows.toSorted(
    (a, b) => isOwn(a.model) - isOwn(b.model) || SIZES.indexOf(a.model) - SIZES.indexOf(b.model),
  );
  const lines = sorted.map(({ model, method, source, values }) => ({
    model,
    method,
    source: publications[source],
    value: `${(values[id] ?? 0).toFixed(1)} %`,
  }));
  return {
    lines,
    measure: task.kind === "generation" ? "F1" : "Accuracy",
    note: noteOf(id, own, rows),
  };
}

function noteOf(id: string, own: string, rows: readonly { readonly model: string }[]): string {
  const n = testedExamples[id];
  const tested = n === undefined ? "" : `MeZO's harness tests on ${formatCount(n)} examples. `;
  const has = rows.some(({ model }) => model === own);
  return (
    `${tested}${has ? "" : `Nothing was found for ${own}: these are other sizes. `}` +
    "Runs of the same settings differ by 2 to 3 points between seeds and machines."
  );
}

/** The published model a name stands for: `facebook/opt-1.3b` is OPT-1.3B. */
function sizeOf(modelName: string): string | null {
  const size = /(?:^|[^a-z])opt-?(\d+(?:\.\d+)?[mb])(?![a-z0-9])/i.exec(modelName)?.[1];
  const found = SIZES.find((name) => name.slice(4).toLowerCase() === size?.toLowerCase());
  return found ?? null;
}
