import { Swatch } from "../charts/Swatch.tsx";
import styles from "./Compare.module.css";
import type { ShownLine } from "./OverlayChart.tsx";

interface CompareLegendProps {
  readonly lines: readonly ShownLine[];
  readonly hidden: readonly string[];
  readonly onToggle: (key: string) => void;
}

/** Which line is which; each can be taken out of the picture. */
export function CompareLegend({ lines, hidden, onToggle }: CompareLegendProps) {
  return (
    <ul className={styles.legend} aria-label="Lines">
      {lines.map(({ key, name, look }) => (
        <li key={key}>
          <button
            type="button"
            className={styles.entry}
            aria-pressed={!hidden.includes(key)}
            onClick={() => onToggle(key)}
          >
            <Swatch line={{ name, ...look }} />
            {name}
          </button>
        </li>
      ))}
    </ul>
  );
}
