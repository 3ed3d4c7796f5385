import { useActions, useAppState } from "#state/hooks.ts";
import styles from "./Footer.module.css";

const KEYS = [
  ["Space", "pause or resume"],
  ["1 2 3 4", "steps, seconds, forward passes, tokens"],
  ["L", "log scale"],
  ["+ − 0", "zoom in, out, reset"],
] as const;

export function Footer() {
  return (
    <footer className={styles.footer}>
      <p>Runs on this computer. Models, rows and results never leave it.</p>
      <details>
        <summary>Keyboard</summary>
        <Shortcuts />
      </details>
    </footer>
  );
}

function Shortcuts() {
  const hasShortcuts = useAppState((state) => state.preferences.hasShortcuts);
  const { prefer } = useActions();
  return (
    <>
      <dl className={styles.keys}>
        {KEYS.map(([key, meaning]) => (
          <div key={key}>
            <dt>
              <kbd>{key}</kbd>
            </dt>
            <dd>{meaning}</dd>
          </div>
        ))}
      </dl>
      <label className={styles.choice}>
        <input
          type="checkbox"
          checked={hasShortcuts}
          onChange={(event) => void prefer({ hasShortcuts: event.target.checked })}
        />
        Single-key shortcuts on the page of a run
      </label>
    </>
  );
}
