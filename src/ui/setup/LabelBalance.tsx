import type { DataReport } from "#session/reports.ts";
import { majorityText } from "#state/setup/dataView.ts";
import { formatCount } from "#state/text/format.ts";
import { Bar } from "../parts/Bar.tsx";
import styles from "./Setup.module.css";

/** How many rows each label has: answering the commonest one is the score to beat. */
export function LabelBalance({ data }: { readonly data: DataReport }) {
  if (data.labelCounts.length === 0) return null;
  return (
    <div>
      <h3 className={styles.legend}>Rows by label</h3>
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">Label</th>
            <th scope="col">Training</th>
            <th scope="col">Held out</th>
            <th scope="col">Test</th>
            <th scope="col">Share of training</th>
          </tr>
        </thead>
        <tbody>
          {data.labelCounts.map(({ label, train, dev, test }) => (
            <tr key={label}>
              <th scope="row">
                <code>{label}</code>
              </th>
              <td>{formatCount(train)}</td>
              <td>{formatCount(dev)}</td>
              <td>{formatCount(test)}</td>
              <td>
                <Bar part={train} whole={data.trainRows} />
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <p>{majorityText(data)}</p>
    </div>
  );
}
