import { useAppState, useLiveReport } from "#state/hooks.ts";
import { hashFromPlace } from "#state/place.ts";
import { statusWord } from "#state/run/runStatus.ts";
import { runPercent } from "#state/text/pageTitle.ts";
import { Glyph } from "./Glyph.tsx";
import styles from "./Header.module.css";
import { ThemeSwitch } from "./ThemeSwitch.tsx";

export function Header() {
  const place = useAppState((state) => state.place.name);
  const runs = useAppState((state) => state.runs?.length ?? 0);
  const here = (name: string) => (place === name ? "page" : undefined);
  return (
    <header className={styles.header}>
      <button type="button" className={styles.skip} onClick={skipToMain}>
        Skip to content
      </button>
      <div className={styles.inner}>
        <a className={styles.brand} href="#home" aria-current={here("home")}>
          <Glyph />
          Zeroth
        </a>
        <nav className={styles.nav} aria-label="Main">
          <a href="#setup" aria-current={here("setup")}>
            New run
          </a>
          <a href="#runs" aria-current={here("runs")}>
            Runs {runs > 0 && <span className={styles.count}>{runs}</span>}
          </a>
        </nav>
        <LiveLink />
        <ThemeSwitch />
      </div>
    </header>
  );
}

/** The way back to a run that is on, from wherever one is. */
function LiveLink() {
  const report = useLiveReport();
  const isShown = useAppState(({ place }) => place.name !== "run");
  if (!report || !isShown) return null;
  const { word, isActive } = statusWord(report.record.status);
  if (!isActive) return null;
  return (
    <a className={styles.live} href={hashFromPlace({ name: "run", runId: report.record.id })}>
      {word} {runPercent(report)} %
    </a>
  );
}

/** A button, not a link: the hash belongs to places. */
function skipToMain(): void {
  document.getElementById("main")?.focus();
}
