import { useState } from "react";
import type { SparsityReport } from "#run/step/runModel.ts";
import { barHeights } from "#state/charts/histogram.ts";
import {
  describeMask,
  describeSparsity,
  MASK_COLUMN_NAMES,
  MASK_COLUMNS,
  type MaskColumn,
  type MaskOrder,
  nextOrder,
  shortTensorName,
  sortTensors,
  type TensorMask,
  THRESHOLD_BIN,
} from "#state/charts/sparsityTable.ts";
import { formatCount, formatPercent, formatReading } from "#state/text/format.ts";
import { Bars } from "./Bars.tsx";
import { ChartFrame } from "./ChartFrame.tsx";
import styles from "./Charts.module.css";

/** Where each matrix is cut, and how its weights lie about the cut (Sparse-MeZO). */
export function SparsityPanel({ sparsity }: { readonly sparsity: SparsityReport }) {
  const [name, setName] = useState<string | null>(null);
  const { tensors } = sparsity;
  const chosen = tensors.find((tensor) => tensor.name === name) ?? tensors[0];
  return (
    <div className={styles.pair}>
      <ChartFrame
        title="Thresholds and densities"
        hint={describeSparsity(sparsity)}
        isEmpty={tensors.length === 0}
      >
        <MaskTable tensors={tensors} chosen={chosen?.name} onChoose={setName} />
      </ChartFrame>
      {chosen && <MaskHistogram tensor={chosen} />}
    </div>
  );
}

interface MaskTableProps {
  readonly tensors: readonly TensorMask[];
  readonly chosen: string | undefined;
  readonly onChoose: (name: string) => void;
}

function MaskTable({ tensors, chosen, onChoose }: MaskTableProps) {
  const [order, setOrder] = useState<MaskOrder | null>(null);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it
    <section className={styles.scroller} aria-label="Tensors" tabIndex={0}>
      <table className={`${styles.table} ${styles.maskTable}`}>
        <thead>
          <tr>
            {MASK_COLUMNS.map((column) => (
              <SortHead
                key={column}
                column={column}
                order={order}
                onSort={() => setOrder(nextOrder(order, column))}
              />
            ))}
          </tr>
        </thead>
        <tbody>
          {sortTensors(tensors, order).map(({ name, elements, threshold, density }) => (
            <tr key={name} className={name === chosen ? styles.chosenRow : undefined}>
              <th scope="row">
                <button
                  type="button"
                  className={styles.tableButton}
                  aria-pressed={name === chosen}
                  onClick={() => onChoose(name)}
                >
                  {shortTensorName(name)}
                </button>
              </th>
              <td>{formatCount(elements)}</td>
              <td>{formatReading(threshold)}</td>
              <td>{formatPercent(density)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

interface SortHeadProps {
  readonly column: MaskColumn;
  readonly order: MaskOrder | null;
  readonly onSort: () => void;
}

function SortHead({ column, order, onSort }: SortHeadProps) {
  const isSorted = order?.column === column;
  const direction = order?.isDescending ? "descending" : "ascending";
  const arrow = direction === "descending" ? " ↓" : " ↑";
  return (
    <th scope="col" aria-sort={isSorted ? direction : "none"}>
      <button type="button" className={styles.tableButton} onClick={onSort}>
        {MASK_COLUMN_NAMES[column]}
        <span aria-hidden="true">{isSorted ? arrow : ""}</span>
      </button>
    </th>
  );
}

function MaskHistogram({ tensor }: { readonly tensor: TensorMask }) {
  const [isLog, setIsLog] = useState(false);
  const { histogram, threshold, name } = tensor;
  const end = (threshold * histogram.length) / THRESHOLD_BIN;
  return (
    <ChartFrame
      title="Sizes of its weights"
      hint={shortTensorName(name)}
      notes={[describeMask(tensor)]}
      isEmpty={false}
    >
      <Bars
        summary={describeMask(tensor)}
        heights={barHeights(histogram, isLog)}
        edges={["0", formatReading(end / 2), `${formatReading(end)} and more`]}
        threshold={{ bin: THRESHOLD_BIN, name: `threshold ${formatReading(threshold)}` }}
        color="--series-loss"
      />
      <label className={styles.choice}>
        <input
          type="checkbox"
          checked={isLog}
          onChange={(event) => setIsLog(event.target.checked)}
        />
        Log counts
      </label>
    </ChartFrame>
  );
}
