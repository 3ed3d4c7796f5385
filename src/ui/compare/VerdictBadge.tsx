import { CircleCheck, OctagonX, TriangleAlert } from "lucide-react";
import type { Verdict } from "#state/charts/comparison.ts";
import badgeStyles from "../parts/StatusBadge.module.css";
import styles from "./Compare.module.css";

const ICONS = { good: CircleCheck, warn: TriangleAlert, bad: OctagonX };

/** Whether runs can be set side by side, and why. */
export function VerdictBadge({ verdict }: { readonly verdict: Verdict }) {
  const Icon = ICONS[verdict.tone];
  return (
    <p className={styles.verdict} role="status">
      <span className={`${badgeStyles.badge} ${badgeStyles[verdict.tone]}`}>
        <Icon size="1em" aria-hidden="true" />
        {verdict.words}
      </span>
      <span>{verdict.meaning}</span>
    </p>
  );
}
