import type { SideReport } from "#session/reports.ts";
import { useAppState } from "#state/hooks.ts";
import { sideFacts, writingStatus } from "#state/run/playground.ts";
import { CopyButton } from "../parts/CopyButton.tsx";
import styles from "./Playground.module.css";

/** What both models wrote, side by side, growing as it is written. */
export function WrittenTexts() {
  const writing = useAppState((state) => state.writing);
  const isBusy = useAppState(({ pending }) => Boolean(pending.write));
  return (
    <>
      <p className={styles.soft} aria-live="polite">
        {writingStatus(writing, isBusy)}
      </p>
      {writing && (
        <div className={styles.sides}>
          <Side name="Before training" report={writing.before} prompt={writing.request.prompt} />
          <Side
            name="After training"
            report={writing.after}
            prompt={writing.request.prompt}
            isAfter
          />
        </div>
      )}
    </>
  );
}

interface SideProps {
  readonly name: string;
  readonly report: SideReport | null;
  readonly prompt: string;
  readonly isAfter?: boolean;
}

function Side({ name, report, prompt, isAfter = false }: SideProps) {
  return (
    <section className={`${styles.side} ${isAfter ? styles.afterSide : ""}`} aria-label={name}>
      <h3>{name}</h3>
      {report ? (
        <>
          <p className={styles.text} aria-busy={report.ending === null}>
            <span className={styles.promptText}>{prompt}</span>
            {report.text}
          </p>
          <div className={styles.facts}>
            <span className={styles.soft}>{sideFacts(report)}</span>
            {report.ending !== null && report.text !== "" && (
              <CopyButton label="Copy" text={report.text} />
            )}
          </div>
        </>
      ) : (
        <p className={styles.soft}>Nothing yet.</p>
      )}
    </section>
  );
}
