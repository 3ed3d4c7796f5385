import { RotateCcw } from "lucide-react";
import { useActions, useAppState } from "#state/hooks.ts";
import { kernelFacts, kernelOrigin } from "#state/setup/kernelFacts.ts";
import { Button } from "../parts/Button.tsx";
import { Facts } from "../parts/Facts.tsx";
import { FailureNotice } from "../parts/Notice.tsx";
import styles from "./Home.module.css";

/** Which kernels multiply matrices here, and how fast they were measured to be. */
export function Kernels() {
  const kernels = useAppState((state) => state.kernels);
  const failure = useAppState((state) => state.failures.resetTuning);
  const isBusy = useAppState((state) => (state.pending.resetTuning ?? 0) > 0);
  const { resetTuning } = useActions();
  if (!kernels) return null;
  return (
    <details className={styles.limits}>
      <summary>Kernels for matrix products</summary>
      <div className={styles.kernels}>
        <p className={styles.small}>{kernelOrigin(kernels)}</p>
        <Facts isWide items={kernelFacts(kernels)} />
        {kernels.refused.map((reason) => (
          <p key={reason} className={styles.small}>
            {reason}
          </p>
        ))}
        <FailureNotice failure={failure} />
        {kernels.measured && (
          <p>
            <Button icon={RotateCcw} disabled={isBusy} onClick={() => void resetTuning()}>
              Measure again before the next run
            </Button>
          </p>
        )}
      </div>
    </details>
  );
}
