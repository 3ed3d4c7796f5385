import { type ReactNode, useId } from "react";
import styles from "./Charts.module.css";

interface ChartFrameProps {
  readonly title: string;
  /** What is normal in this chart. */
  readonly hint?: string;
  readonly notes?: readonly string[];
  readonly isEmpty: boolean;
  readonly children: ReactNode;
}

export function ChartFrame({ title, hint, notes = [], isEmpty, children }: ChartFrameProps) {
  const id = useId();
  return (
    <section className={styles.frame} aria-labelledby={id}>
      <h2 id={id}>{title}</h2>
      {hint && <p className={styles.hintText}>{hint}</p>}
      {isEmpty ? <p className={styles.empty}>Nothing measured yet.</p> : children}
      {notes.map((text) => (
        <p key={text} className={styles.note}>
          {text}
        </p>
      ))}
    </section>
  );
}
