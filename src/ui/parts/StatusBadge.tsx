import {
  CircleAlert,
  CircleCheck,
  CirclePause,
  Gauge,
  Hourglass,
  type LucideIcon,
  OctagonX,
  Play,
  RotateCw,
  Save,
  SearchCheck,
  Unplug,
} from "lucide-react";
import type { RunRecord, RunStatus } from "#run/store/records.ts";
import { useStatusMeaning } from "#state/hooks.ts";
import { statusWord } from "#state/run/runStatus.ts";
import styles from "./StatusBadge.module.css";

const ICONS: Readonly<Record<RunStatus, LucideIcon>> = {
  queued: Hourglass,
  calibrating: Gauge,
  running: Play,
  evaluating: SearchCheck,
  saving: Save,
  paused: CirclePause,
  finished: CircleCheck,
  diverged: OctagonX,
  recovering: RotateCw,
  interrupted: Unplug,
  failed: CircleAlert,
};

/** A run's state as icon, word and colour; the same everywhere. */
export function StatusBadge({ run }: { readonly run: RunRecord }) {
  const Icon = ICONS[run.status];
  const { word, tone } = statusWord(run.status);
  const meaning = useStatusMeaning(run);
  return (
    <span className={`${styles.badge} ${styles[tone]}`} title={meaning}>
      <Icon size="1em" aria-hidden="true" />
      {word}
    </span>
  );
}
