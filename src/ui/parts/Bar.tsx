import { barWidth } from "#state/text/format.ts";
import styles from "./Bar.module.css";

interface BarProps {
  readonly part: number;
  readonly whole: number;
  /** The quieter of two bars that are compared. */
  readonly isDim?: boolean;
}

/** A share as a bar. Decoration only: the number stands beside it. */
export function Bar({ part, whole, isDim = false }: BarProps) {
  return (
    <span className={styles.track} aria-hidden="true">
      <span
        className={`${styles.fill} ${isDim ? styles.dim : ""}`}
        style={{ width: barWidth(part, whole) }}
      />
    </span>
  );
}
