import styles from "./Charts.module.css";
import type { Line } from "./createPlot.ts";

/** How a line looks, as a legend shows it. */
export function Swatch({ line }: { readonly line: Line }) {
  const { color, isDashed, isFaint, hasNoLine, dash, marker } = line;
  const paint = `var(${color})`;
  return (
    <svg className={styles.swatch} viewBox="0 0 30 10" aria-hidden="true">
      {!hasNoLine && (
        <line
          x1="0"
          x2="30"
          y1="5"
          y2="5"
          stroke={paint}
          strokeWidth={isFaint ? 1.5 : 2.5}
          strokeDasharray={dash?.join(" ") ?? (isDashed ? "5 4" : undefined)}
          opacity={isFaint ? 0.55 : 1}
        />
      )}
      {hasNoLine && <circle cx="15" cy="5" r="3.5" fill={paint} />}
      {marker && <path d={marker} fill={paint} transform="translate(15 5)" />}
    </svg>
  );
}
