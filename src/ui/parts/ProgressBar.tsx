import { Progress as BaseProgress } from "@base-ui/react/progress";
import type { Progress } from "#session/protocol.ts";
import { progressPercent, progressText } from "#state/text/progressText.ts";
import styles from "./ProgressBar.module.css";

const { root, label, amount, track, fill, unknown } = styles;

/** A wait with its name, how far it is, and how much there is of it. */
export function ProgressBar({ progress }: { readonly progress: Progress }) {
  const percent = progressPercent(progress);
  const text = progressText(progress);
  return (
    <BaseProgress.Root className={root} value={percent} locale="en" getAriaValueText={() => text}>
      <BaseProgress.Label className={label}>{progress.label}</BaseProgress.Label>
      <span className={amount}>{text}</span>
      <BaseProgress.Track className={track}>
        <BaseProgress.Indicator className={`${fill} ${percent === null ? unknown : ""}`} />
      </BaseProgress.Track>
    </BaseProgress.Root>
  );
}

/** A short wait of unknown length, named. */
export function Waiting({ label: text }: { readonly label: string }) {
  return (
    <BaseProgress.Root className={root} value={null} locale="en">
      <BaseProgress.Label className={label}>{text}</BaseProgress.Label>
      <BaseProgress.Track className={track}>
        <BaseProgress.Indicator className={`${fill} ${unknown}`} />
      </BaseProgress.Track>
    </BaseProgress.Root>
  );
}
