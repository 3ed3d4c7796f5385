import { useEffect, useRef } from "react";
import { tinykeys } from "tinykeys";
import { X_AXES } from "#state/charts/curves.ts";
import { useActions, useAppState } from "#state/hooks.ts";
import { isTyping } from "../keys.ts";

interface ChartKeys {
  readonly onZoom: (factor: number) => void;
  readonly onReset: () => void;
}

/** 1 to 4 choose the axis, L the log scale, + − 0 zoom. None while a control has the focus. */
export function useChartKeys(keys: ChartKeys): void {
  const { prefer } = useActions();
  const { hasShortcuts, isLog } = useAppState((state) => state.preferences);
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    if (!hasShortcuts) return;
    const free = (act: () => void) => (event: KeyboardEvent) => {
      if (!isTyping(event.target)) act();
    };
    const choose = (index: number) =>
      free(() => {
        latest.current.onReset();
        void prefer({ axis: X_AXES[index] ?? "step" });
      });
    const zoomIn = free(() => latest.current.onZoom(0.5));
    return tinykeys(window, {
      "1": choose(0),
      "2": choose(1),
      "3": choose(2),
      "4": choose(3),
      l: free(() => void prefer({ isLog: !isLog })),
      "+": zoomIn,
      "Shift++": zoomIn,
      "-": free(() => latest.current.onZoom(2)),
      "0": free(() => latest.current.onReset()),
    });
  }, [hasShortcuts, isLog, prefer]);
}
