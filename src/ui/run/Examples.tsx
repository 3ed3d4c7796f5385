import { ChevronLeft, ChevronRight, Download, ListChecks, X } from "lucide-react";
import { useState } from "react";
import type { ExampleResult } from "#run/evaluation/examples.ts";
import type { RunRecord } from "#run/store/records.ts";
import type { ExamplesReport } from "#session/reports.ts";
import { useActions, useAppState, useRunAccess } from "#state/hooks.ts";
import {
  arrangeExamples,
  beforeText,
  describeExamples,
  EXAMPLE_COLUMNS,
  EXAMPLE_FILTERS,
  type ExampleColumn,
  type ExampleFilter,
  type ExampleOrder,
  type ExamplePage,
  exampleColumnNames,
  exampleCounts,
  examplesAsCsv,
  nextExampleOrder,
  pageOfExamples,
  surenessText,
} from "#state/run/exampleTable.ts";
import { formatCount } from "#state/text/format.ts";
import { Button } from "../parts/Button.tsx";
import { Card } from "../parts/Card.tsx";
import { FailureNotice } from "../parts/Notice.tsx";
import { ProgressBar, Waiting } from "../parts/ProgressBar.tsx";
import { saveFile } from "../saveFile.ts";
import styles from "./Examples.module.css";
import run from "./Run.module.css";

/** Every held-out row with the model's answer, so that one can see what it gets wrong. */
export function Examples({ record }: { readonly record: RunRecord }) {
  const { canAsk } = useRunAccess(record.id);
  const examples = useAppState((state) => state.examples[record.id]);
  const failure = useAppState((state) => state.failures.evaluate);
  const isOn = useAppState(({ pending }) => Boolean(pending.evaluate));
  const { showExamples } = useActions();
  if (record.data.devRows === 0 || (!canAsk && !examples)) return null;
  return (
    <Card title="Held-out rows, one by one">
      {examples ? (
        <p>{describeExamples(examples)}</p>
      ) : (
        <p className={run.soft}>
          What the model answers to each row it never trained on, the wrong answers first.
        </p>
      )}
      {isOn && <Scoring />}
      <FailureNotice failure={failure} title="The rows were not scored" />
      <div className={run.row}>
        {canAsk && !isOn && (
          <Button
            kind={examples ? "secondary" : "primary"}
            icon={ListChecks}
            onClick={() => void showExamples()}
          >
            {examples ? "Ask again" : "Show the rows"}
          </Button>
        )}
        {examples && (
          <Button icon={Download} onClick={() => saveFile("held-out-rows.csv", csvBlob(examples))}>
            Download rows (CSV)
          </Button>
        )}
      </div>
      {examples && <ExampleTable report={examples} />}
    </Card>
  );
}

function csvBlob(examples: ExamplesReport): Blob {
  return new Blob([examplesAsCsv(examples)], { type: "text/csv" });
}

function Scoring() {
  const progress = useAppState((state) => state.progress);
  const { cancel } = useActions();
  return (
    <>
      {progress ? <ProgressBar progress={progress} /> : <Waiting label="Scoring the rows" />}
      <div className={run.row}>
        <Button icon={X} onClick={() => void cancel()}>
          Cancel
        </Button>
      </div>
    </>
  );
}

function ExampleTable({ report }: { readonly report: ExamplesReport }) {
  const [chosen, setChosen] = useState<ExampleFilter>("all");
  const [order, setOrder] = useState<ExampleOrder | null>(null);
  const [wanted, setWanted] = useState(0);
  const counts = exampleCounts(report);
  const shown = pageOfExamples(arrangeExamples(report, chosen, order), wanted);
  const names = exampleColumnNames(report);
  return (
    <>
      <fieldset className={styles.filters}>
        <legend className="visually-hidden">Rows shown</legend>
        {EXAMPLE_FILTERS.map((name) => (
          <button
            key={name}
            type="button"
            className={styles.filter}
            aria-pressed={name === chosen}
            onClick={() => {
              setChosen(name);
              setWanted(0);
            }}
          >
            {name} {formatCount(counts[name])}
          </button>
        ))}
      </fieldset>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it */}
      <section className={styles.scroller} aria-label="Rows and answers" tabIndex={0}>
        <table className={styles.table}>
          <thead>
            <tr>
              {EXAMPLE_COLUMNS.map((column) => (
                <SortHead
                  key={column}
                  name={names[column]}
                  column={column}
                  order={order}
                  onSort={() => {
                    setOrder(nextExampleOrder(order, column));
                    setWanted(0);
                  }}
                />
              ))}
            </tr>
          </thead>
          <tbody>
            {shown.rows.map((example, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: a row may make several examples
              <Line key={`${example.row} ${i}`} example={example} />
            ))}
          </tbody>
        </table>
      </section>
      <Pager shown={shown} onPage={setWanted} />
    </>
  );
}

interface SortHeadProps {
  readonly name: string;
  readonly column: ExampleColumn;
  readonly order: ExampleOrder | null;
  readonly onSort: () => void;
}

function SortHead({ name, column, order, onSort }: SortHeadProps) {
  const isSorted = order?.column === column;
  const direction = order?.isDescending ? "descending" : "ascending";
  const arrow = direction === "descending" ? " ↓" : " ↑";
  return (
    <th scope="col" aria-sort={isSorted ? direction : "none"}>
      <button type="button" className={styles.sort} onClick={onSort}>
        {name}
        <span aria-hidden="true">{isSorted ? arrow : ""}</span>
      </button>
    </th>
  );
}

function Line({ example }: { readonly example: ExampleResult }) {
  const { row: place, text, right, answered, isRight } = example;
  return (
    <tr>
      <th scope="row" className={styles.number}>
        {formatCount(place)}
      </th>
      <td className={styles.words}>{text}</td>
      <td className={styles.answer}>{right}</td>
      <td className={isRight ? styles.answer : `${styles.answer} ${styles.wrong}`}>
        {isRight ? "✓ " : "✗ "}
        {answered}
        <span className="visually-hidden">{isRight ? ", right" : ", wrong"}</span>
      </td>
      <td className={styles.number}>{surenessText(example)}</td>
      <td className={styles.earlier}>{beforeText(example)}</td>
    </tr>
  );
}

interface PagerProps {
  readonly shown: ExamplePage;
  readonly onPage: (page: number) => void;
}

function Pager({ shown, onPage }: PagerProps) {
  const { page, pages } = shown;
  return (
    <nav className={styles.pager} aria-label="Pages of rows">
      <Button icon={ChevronLeft} disabled={page === 0} onClick={() => onPage(page - 1)}>
        Previous
      </Button>
      <span role="status">{shown.words}</span>
      <Button icon={ChevronRight} disabled={page >= pages - 1} onClick={() => onPage(page + 1)}>
        Next
      </Button>
    </nav>
  );
}
