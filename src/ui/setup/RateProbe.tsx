import { Gauge, X } from "lucide-react";
import { lazy, Suspense } from "react";
import type { LearningRateProbe } from "#session/reports.ts";
import { useActions, useAppState, useIsTraining } from "#state/hooks.ts";
import { isProbeStale, probeVerdict } from "#state/setup/rateProbe.ts";
import { isContradiction, isReadyToTrain, readinessOf } from "#state/setup/readiness.ts";
import type { ParsedSettings } from "#state/setup/settingsForm.ts";
import { formatSetting } from "#state/text/format.ts";
import type { SettingValues } from "#zo/settings.ts";
import { Button } from "../parts/Button.tsx";
import { FailureNotice } from "../parts/Notice.tsx";
import { ProgressBar, Waiting } from "../parts/ProgressBar.tsx";
import styles from "./Setup.module.css";

// It brings the chart library, which the first screen does without.
const ProbeChart = lazy(async () => {
  const { ProbeChart: component } = await import("./ProbeChart.tsx");
  return { default: component };
});

/** Tries a few steps at several rates before a long run is spent on a wrong one. */
export function RateProbe({ parsed }: { readonly parsed: ParsedSettings }) {
  const { device, model, data, probe, failures } = useAppState((state) => state);
  const isOn = useAppState(({ pending }) => Boolean(pending.probeLearningRates));
  const isTraining = useIsTraining();
  const { findLearningRate, cancel } = useActions();
  const isReady = isReadyToTrain(readinessOf(device, model, data, parsed));
  return (
    <section className={styles.probe} aria-label="Learning-rate probe">
      <div className={styles.row}>
        {isOn ? (
          <Button icon={X} onClick={() => void cancel()}>
            Cancel the probe
          </Button>
        ) : (
          <Button
            icon={Gauge}
            disabled={!isReady || isTraining}
            onClick={() => void findLearningRate()}
          >
            Find a learning rate
          </Button>
        )}
        <span className={styles.soft}>
          Makes a few steps at each of several rates, always from the same weights and on the same
          rows, and keeps nothing of them.
        </span>
      </div>
      {!isContradiction(failures.probeLearningRates) && (
        <FailureNotice failure={failures.probeLearningRates} title="The rates were not tried" />
      )}
      {isOn && <ProbeProgress />}
      {probe && <ProbeResult probe={probe} values={parsed.values} />}
    </section>
  );
}

function ProbeProgress() {
  const progress = useAppState((state) => state.progress);
  return progress ? <ProgressBar progress={progress} /> : <Waiting label="Trying learning rates" />;
}

interface ProbeResultProps {
  readonly probe: LearningRateProbe;
  readonly values: SettingValues;
}

function ProbeResult({ probe, values }: ProbeResultProps) {
  const probedWith = useAppState((state) => state.probedWith);
  const { editSetting } = useActions();
  const { suggested } = probe;
  return (
    <>
      <Suspense fallback={<Waiting label="Loading the chart" />}>
        <ProbeChart probe={probe} />
      </Suspense>
      <div className={styles.row}>
        <span role="status">{probeVerdict(probe)}</span>
        {suggested !== null && (
          <Button
            kind="primary"
            onClick={() => editSetting("learningRate", formatSetting(suggested))}
          >
            Use {formatSetting(suggested)}
          </Button>
        )}
      </div>
      {isProbeStale(probedWith, values) && (
        <p className={styles.soft}>Settings have changed since: probe again to be sure.</p>
      )}
    </>
  );
}
