import styles from "./Bars.module.css";

interface BarsProps {
  /** One sentence that says what the picture shows. */
  readonly summary: string;
  /** 0..1 each. */
  readonly heights: readonly number[];
  /** Values under the left edge, the middle and the right edge. */
  readonly edges: readonly [string, string, string];
  /** A line at the left edge of a bar; bars before it look chosen. */
  readonly threshold?: { readonly bin: number; readonly name: string };
  readonly color: string;
}

/** A histogram. Its counts are told in the summary, not bar by bar. */
export function Bars({ summary, heights, edges, threshold, color }: BarsProps) {
  const count = heights.length;
  return (
    <div className={styles.box}>
      <svg
        className={styles.picture}
        viewBox={`0 0 ${count} 100`}
        preserveAspectRatio="none"
        role="img"
        aria-label={summary}
      >
        {heights.map((height, i) => (
          <rect
            // biome-ignore lint/suspicious/noArrayIndexKey: bins have no identity but their place
            key={i}
            x={i + 0.06}
            width={0.88}
            y={100 - height * 100}
            height={height * 100}
            fill={`var(${color})`}
            opacity={!threshold || i < threshold.bin ? 1 : 0.35}
          />
        ))}
      </svg>
      {threshold && (
        <span
          className={styles.marker}
          style={{ left: `${(threshold.bin / count) * 100}%` }}
          aria-hidden="true"
        >
          <span className={styles.markerText}>{threshold.name}</span>
        </span>
      )}
      <div className={styles.ticks} aria-hidden="true">
        {edges.map((text) => (
          <span key={text}>{text}</span>
        ))}
      </div>
    </div>
  );
}
