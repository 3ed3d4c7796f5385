import { type ReactNode, useId } from "react";
import styles from "./Card.module.css";

interface CardProps {
  readonly title: string;
  /** Its place in a sequence, where it has one. */
  readonly number?: number;
  readonly extra?: ReactNode;
  readonly children: ReactNode;
}

/** A titled part of the page; a landmark by its title. */
export function Card({ title, number, extra, children }: CardProps) {
  const id = useId();
  return (
    <section className={styles.card} aria-labelledby={id}>
      <div className={styles.head}>
        {number !== undefined && (
          <span className={styles.numeral} aria-hidden="true">
            {number}
          </span>
        )}
        <h2 id={id}>{title}</h2>
        {extra && <div className={styles.aside}>{extra}</div>}
      </div>
      {children}
    </section>
  );
}
