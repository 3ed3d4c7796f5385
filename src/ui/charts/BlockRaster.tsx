import { useMemo } from "react";
import {
  type BlockActivity,
  blockActivity,
  countBlocks,
  describeBlocks,
} from "#state/charts/blockRaster.ts";
import { formatX, type Range } from "#state/charts/curves.ts";
import { activeShareText } from "#state/run/methodCost.ts";
import { formatCount, formatPercent } from "#state/text/format.ts";
import { ChartFrame } from "./ChartFrame.tsx";
import styles from "./Charts.module.css";
import type { ChartProps } from "./LossChart.tsx";
import { RasterCanvas } from "./RasterCanvas.tsx";

const NOTHING: Range = [0, 1];

interface BlockRasterProps extends Omit<ChartProps, "onRange"> {
  /** Of the parameters, in a step; absent until the engine said so. */
  readonly share: number | undefined;
}

/** Which blocks took part in which steps (LeZO). */
export function BlockRaster({ series, options, share }: BlockRasterProps) {
  const { axis } = options;
  const range = options.range ?? options.extent ?? NOTHING;
  const blocks = useMemo(() => countBlocks(series), [series]);
  const activity = useMemo(() => blockActivity(series, blocks), [series, blocks]);
  const summary = describeBlocks(activity, series.length);
  const say = formatX[axis];
  return (
    <ChartFrame
      title="Blocks that took part"
      hint="One row a transformer block, the first at the top; a column is filled where the block was perturbed and updated. Every block should come up again and again."
      notes={
        share === undefined
          ? [summary]
          : [summary, `${activeShareText(share)} of the parameters take part in a step.`]
      }
      isEmpty={false}
    >
      <div className={styles.raster}>
        <div className={styles.rasterSide} aria-hidden="true">
          <span>block 0</span>
          <span>block {formatCount(blocks - 1)}</span>
        </div>
        <RasterCanvas
          series={series}
          axis={axis}
          range={range}
          blocks={blocks}
          summary={`Blocks against steps. ${summary}`}
        />
        <div className={styles.rasterFoot} aria-hidden="true">
          <span>{say(range[0])}</span>
          <span>{say(range[1])}</span>
        </div>
      </div>
      <BlockTable activity={activity} />
    </ChartFrame>
  );
}

function BlockTable({ activity }: { readonly activity: readonly BlockActivity[] }) {
  return (
    <details className={styles.tableBox}>
      <summary>Show blocks as a table</summary>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, so the keyboard must reach it */}
      <section className={styles.scroller} aria-label="Blocks" tabIndex={0}>
        <table className={styles.table}>
          <caption>How often each block took part</caption>
          <thead>
            <tr>
              <th scope="col">Block</th>
              <th scope="col">Steps</th>
              <th scope="col">Share</th>
              <th scope="col">Last step</th>
            </tr>
          </thead>
          <tbody>
            {activity.map(({ block, steps, share, lastStep }) => (
              <tr key={block}>
                <th scope="row">{block}</th>
                <td>{formatCount(steps)}</td>
                <td>{formatPercent(share)}</td>
                <td>{formatCount(lastStep)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
    </details>
  );
}
