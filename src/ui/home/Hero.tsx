import { FolderOpen, Play } from "lucide-react";
import { useActions, useAppState, useIsTraining } from "#state/hooks.ts";
import { Button } from "../parts/Button.tsx";
import { FailureNotice } from "../parts/Notice.tsx";
import { ProgressBar, Waiting } from "../parts/ProgressBar.tsx";
import styles from "./Home.module.css";
import { StepFigure } from "./StepFigure.tsx";

export function Hero() {
  const { goTo } = useActions();
  return (
    <section className={styles.hero} aria-labelledby="welcome">
      <div className={styles.words}>
        <h1 id="welcome">Teach a language model in this tab.</h1>
        <p className={styles.lead}>
          Zeroth fine-tunes OPT models on your own GPU with forward passes only. Nothing is
          uploaded, nothing is installed.
        </p>
        <div className={styles.buttons}>
          <TryButton />
          <Button icon={FolderOpen} onClick={() => goTo({ name: "setup" })}>
            Use my own model
          </Button>
        </div>
        <p className={styles.small}>
          The trial brings its own small model and its own sentences: nothing to download.
        </p>
        <TryProgress />
      </div>
      <StepFigure />
    </section>
  );
}

function TryButton() {
  const { tryDemo } = useActions();
  const isReady = useAppState(({ device, catalogue }) => device !== null && catalogue !== null);
  const isBusy = useIsTrying();
  const isTraining = useIsTraining();
  return (
    <Button
      kind="primary"
      icon={Play}
      disabled={!isReady || isBusy || isTraining}
      onClick={() => void tryDemo()}
    >
      Try it now
    </Button>
  );
}

function TryProgress() {
  const progress = useAppState((state) => state.progress);
  const failures = useAppState((state) => state.failures);
  const isBusy = useIsTrying();
  if (isBusy) return progress ? <ProgressBar progress={progress} /> : <Waiting label="Preparing" />;
  return <FailureNotice failure={failures.openModel ?? failures.openData ?? failures.startRun} />;
}

function useIsTrying(): boolean {
  return useAppState(
    ({ pending, isStarting }) => Boolean(pending.openModel || pending.openData) || isStarting,
  );
}
