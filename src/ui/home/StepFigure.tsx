import styles from "./Home.module.css";

/** Half-axes of the level lines, from the valley outwards. */
const LEVELS = [14, 32, 54, 80, 110, 144, 182, 224, 270];

/** A loss seen from above: two looks along one random line, then a step towards the lower. */
export function StepFigure() {
  return (
    <svg
      className={styles.figure}
      viewBox="0 0 420 330"
      role="img"
      aria-label="A valley drawn as level lines. From a point on its slope, two probes look in opposite directions; a path of earlier steps zigzags down towards the bottom."
    >
      <g mask="url(#fade)">
        <g transform="rotate(-24 232 178)">
          {LEVELS.map((radius) => (
            <ellipse
              key={radius}
              className={styles.contour}
              cx={232}
              cy={178}
              rx={radius * 1.25}
              ry={radius * 0.72}
            />
          ))}
        </g>
      </g>
      <path className={styles.path} opacity="0.4" d="M14 168 30 138 58 150 70 116 108 128 148 96" />
      <path className={styles.probe} d="M92 66 204 126" />
      <circle className={styles.plus} cx="92" cy="66" r="8" />
      <circle className={styles.minus} cx="204" cy="126" r="8" />
      <path className={styles.path} d="M148 96 180 113" markerEnd="url(#arrow)" />
      <circle className={styles.here} cx="148" cy="96" r="6.5" />
      <text className={styles.sign} x="82" y="46">
        +ε
      </text>
      <text className={styles.sign} x="208" y="154">
        −ε
      </text>
      <defs>
        <marker
          id="arrow"
          viewBox="0 0 8 8"
          refX="6"
          refY="4"
          markerWidth="7"
          markerHeight="7"
          orient="auto"
        >
          <path d="M0 0 8 4 0 8z" fill="var(--ink)" />
        </marker>
        <radialGradient id="fading" cx="0.55" cy="0.54" r="0.5">
          <stop offset="0.1" stopColor="white" />
          <stop offset="1" stopColor="black" />
        </radialGradient>
        <mask id="fade">
          <rect width="420" height="330" fill="url(#fading)" />
        </mask>
      </defs>
    </svg>
  );
}
