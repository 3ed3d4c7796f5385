import { Progress as BaseProgress } from "@base-ui/react/progress";
import type { Progress } from "#session/reports.ts";
import { progressPercent, progressText } from "#state/text/progressText.ts";
import styles from "./ProgressBar.module.css";

/** A wait with its name, how far it is, and how much there is of it. */
export function ProgressBar({ progress }: { readonly progress: Progress }) {
  const percent = progressPercent(progress);
  const text = progressText(progress);
  return (
    <BaseProgress.Root
      className={styles.root}
      value={percent}
      locale="en"
      getAriaValueText={() => text}
    >
      <BaseProgress.Label className={styles.label}>{progress.label}</BaseProgress.Label>
      <span className={styles.amount}>{text}</span>
      <BaseProgress.Track className={styles.track}>
        <BaseProgress.Indicator
          className={`${styles.fill} ${percent === null ? styles.unknown : ""}`}
        />
      </BaseProgress.Track>
    </BaseProgress.Root>
  );
}

/** A short wait of unknown length, named. */
export function Waiting({ label: text }: { readonly label: string }) {
  return (
    <BaseProgress.Root className={styles.root} value={null} locale="en">
      <BaseProgress.Label className={styles.label}>{text}</BaseProgress.Label>
      <BaseProgress.Track className={styles.track}>
        <BaseProgress.Indicator className={`${styles.fill} ${styles.unknown}`} />
      </BaseProgress.Track>
    </BaseProgress.Root>
  );
}
