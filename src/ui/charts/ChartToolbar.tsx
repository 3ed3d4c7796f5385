import { Pause, Play } from "lucide-react";
import { panBy, type Range, zoomBy } from "#state/charts/curves.ts";
import { IconButton } from "../parts/Button.tsx";
import { AxisChoice, LogSwitch, Smoothing } from "./ChartChoices.tsx";
import styles from "./Charts.module.css";
import { useChartKeys } from "./useChartKeys.ts";
import { ZoomButtons } from "./ZoomButtons.tsx";

interface ChartToolbarProps {
  readonly range: Range | null;
  readonly extent: Range | null;
  readonly onRange: (range: Range | null) => void;
  /** Absent where nothing moves by itself. */
  readonly freeze?: { readonly isFrozen: boolean; readonly onFreeze: () => void };
}

export function ChartToolbar({ range, extent, onRange, freeze }: ChartToolbarProps) {
  const zoom = (factor: number) => extent && onRange(zoomBy(range, extent, factor));
  const pan = (share: number) => extent && onRange(panBy(range, extent, share));
  useChartKeys({ onZoom: zoom, onReset: () => onRange(null) });
  return (
    <div className={styles.toolbar} role="toolbar" aria-label="Charts">
      <AxisChoice onChange={() => onRange(null)} />
      <Smoothing />
      <LogSwitch />
      <span className={styles.group}>
        <ZoomButtons
          canZoomIn={extent !== null}
          isZoomed={range !== null}
          onZoom={zoom}
          onPan={pan}
          onReset={() => onRange(null)}
        />
        {freeze && (
          <IconButton
            icon={freeze.isFrozen ? Play : Pause}
            label={freeze.isFrozen ? "Let charts follow" : "Freeze charts"}
            aria-pressed={freeze.isFrozen}
            onClick={freeze.onFreeze}
          />
        )}
      </span>
    </div>
  );
}
