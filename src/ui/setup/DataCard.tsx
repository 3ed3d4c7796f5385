import type { DataReport } from "#session/reports.ts";
import { useAppState } from "#state/hooks.ts";
import { taskId, troublesText } from "#state/setup/dataView.ts";
import { formatCount } from "#state/text/format.ts";
import { Card } from "../parts/Card.tsx";
import { Facts } from "../parts/Facts.tsx";
import { FailureNotice, Notice } from "../parts/Notice.tsx";
import { ProgressBar, Waiting } from "../parts/ProgressBar.tsx";
import { BuiltInTask } from "./BuiltInTask.tsx";
import { DataPicker } from "./DataPicker.tsx";
import { DataFromHub } from "./FromHub.tsx";
import { RowSplit } from "./RowSplit.tsx";
import { RowTroubles } from "./RowTroubles.tsx";
import { RowViewer } from "./RowViewer.tsx";
import styles from "./Setup.module.css";
import { TaskEditor } from "./TaskEditor.tsx";
import { TaskPicker } from "./TaskPicker.tsx";
import { TokenRules } from "./TokenRules.tsx";

/** Rows, the task they are recognised as, one of them as the model reads it; all else is folded. */
export function DataCard() {
  const data = useAppState((state) => state.data);
  const isOpening = useAppState((state) => Boolean(state.pending.openData));
  const failure = useAppState((state) => state.failures.openData);
  return (
    <Card title="Data" number={2}>
      {data && <DataFacts data={data} />}
      <FailureNotice failure={failure} title="The rows were not opened" />
      {isOpening ? (
        <Opening />
      ) : data ? (
        <details className={styles.advanced}>
          <summary>Use other rows</summary>
          <DataPicker />
        </details>
      ) : (
        <DataPicker />
      )}
      <DataFromHub />
      {data && <DataDetails data={data} />}
    </Card>
  );
}

function DataDetails({ data }: { readonly data: DataReport }) {
  const task = useAppState((state) => state.taskDraft);
  const taskFailure = useAppState((state) => state.failures.setTask);
  return (
    <>
      <Blockers data={data} />
      <TaskPicker data={data} />
      {task && (taskId(task) === "own" ? <TaskEditor /> : <BuiltInTask data={data} />)}
      <FailureNotice failure={taskFailure} />
      <RowViewer data={data} />
      <div>
        <details className={styles.advanced}>
          <summary>Rows and split</summary>
          <RowSplit data={data} />
        </details>
        <details className={styles.advanced}>
          <summary>Problems: {troublesText(data)}</summary>
          <RowTroubles data={data} />
        </details>
        <details className={styles.advanced}>
          <summary>Tokens</summary>
          <TokenRules data={data} />
        </details>
      </div>
    </>
  );
}

function Opening() {
  const progress = useAppState((state) => state.progress);
  return progress ? <ProgressBar progress={progress} /> : <Waiting label="Reading the rows" />;
}

function DataFacts({ data }: { readonly data: DataReport }) {
  return (
    <>
      <p className={styles.modelName}>{data.fileNames.join(", ")}</p>
      <Facts
        items={[
          { name: "Format", value: data.format.toUpperCase() },
          { name: "Rows to train on", value: formatCount(data.trainRows) },
          { name: "Held out", value: formatCount(data.devRows), title: data.devName },
          { name: "Final test", value: formatCount(data.testRows), title: data.testName },
          { name: "Columns", value: data.columns.join(", ") },
        ]}
      />
    </>
  );
}

function Blockers({ data }: { readonly data: DataReport }) {
  return (
    <>
      {data.notes.map((text) => (
        <Notice key={text} kind="hint">
          {text}
        </Notice>
      ))}
      {data.blockers.map((text) => (
        <Notice key={text} title="This must be solved before training">
          {text}
        </Notice>
      ))}
    </>
  );
}
