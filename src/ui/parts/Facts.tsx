import type { ReactNode } from "react";
import styles from "./Facts.module.css";

export interface FactItem {
  readonly name: string;
  readonly value: ReactNode;
  /** Where the number comes from, when that is not plain. */
  readonly title?: string;
}

/** Names with their values, side by side. */
export function Facts({ items, isWide = false }: { items: readonly FactItem[]; isWide?: boolean }) {
  return (
    <dl className={`${styles.facts} ${isWide ? styles.wide : ""}`}>
      {items.map(({ name, value, title }) => (
        <div key={name} className={styles.fact} title={title}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
