import type { RunRecord } from "#run/store/records.ts";
import { publishedFor } from "#state/run/published.ts";
import { Card } from "../parts/Card.tsx";
import styles from "./Published.module.css";

/** What papers and logs say of the run's task, to compare with. */
export function Published({ record }: { readonly record: RunRecord }) {
  const published = publishedFor(record);
  if (!published) return null;
  const { lines, measure, note } = published;
  return (
    <Card title="Published">
      <details>
        <summary>{lines.length} published numbers for this task, to compare with</summary>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it */}
        <section className={styles.scroller} aria-label="Published numbers" tabIndex={0}>
          <table className={styles.table}>
            <thead>
              <tr>
                <th scope="col">Model</th>
                <th scope="col">Method</th>
                <th scope="col">{measure}</th>
                <th scope="col">Source</th>
              </tr>
            </thead>
            <tbody>
              {lines.map(({ model, method, value, source }) => (
                <tr key={`${model}:${method}:${source.where}`}>
                  <th scope="row">{model}</th>
                  <td>{method}</td>
                  <td className={styles.value}>{value}</td>
                  <td>
                    <a href={source.url} title={source.title} target="_blank" rel="noreferrer">
                      {source.where}
                    </a>
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </section>
        <p className={styles.soft}>{note}</p>
      </details>
    </Card>
  );
}
