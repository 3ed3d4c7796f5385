import type { StackPart } from "#state/charts/stacks.ts";
import styles from "./StackedBar.module.css";

interface StackedBarProps {
  readonly title: string;
  /** The whole, in words. */
  readonly total: string;
  readonly parts: readonly StackPart[];
  /** Where the numbers come from. */
  readonly note?: string;
}

/** Parts of a whole, side by side. The list below the bar says the same in words. */
export function StackedBar({ title, total, parts, note }: StackedBarProps) {
  return (
    <figure className={styles.box} aria-label={title}>
      <figcaption className={styles.head}>
        <span>{title}</span>
        <span className={styles.value}>{total}</span>
      </figcaption>
      <div className={styles.bar} aria-hidden="true">
        {parts.map(({ key, width }) => (
          <span key={key} className={styles.part} data-part={key} style={{ width }} />
        ))}
      </div>
      <ul className={styles.legend}>
        {parts.map(({ key, name, text }) => (
          <li key={key}>
            <span className={styles.swatch} data-part={key} aria-hidden="true" />
            {name} <span className={styles.value}>{text}</span>
          </li>
        ))}
      </ul>
      {note && <small>{note}</small>}
    </figure>
  );
}
