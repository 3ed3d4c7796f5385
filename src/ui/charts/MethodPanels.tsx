import { hasBlocks } from "#state/charts/blockRaster.ts";
import { column } from "#state/charts/runSeries.ts";
import { useAppState } from "#state/hooks.ts";
import { AnchorPanel } from "./AnchorPanel.tsx";
import { BlockRaster } from "./BlockRaster.tsx";
import type { ChartProps } from "./LossChart.tsx";
import { MaskDensityChart } from "./MaskDensityChart.tsx";
import { SparsityPanel } from "./SparsityPanel.tsx";

/** What a run's method shows of itself: told from what its steps carry, not from its name. */
export function MethodPanels({ runId, ...props }: ChartProps & { readonly runId: string }) {
  const sparsity = useAppState((state) => state.sparsity[runId]);
  const share = useAppState((state) => state.reports[runId]?.activeShare);
  const { series } = props;
  const isMasked = column(series, "maskDensity").some(Number.isFinite);
  return (
    <>
      {hasBlocks(series) && <BlockRaster series={series} options={props.options} share={share} />}
      {sparsity && <SparsityPanel sparsity={sparsity} />}
      {isMasked && <MaskDensityChart {...props} />}
      <AnchorPanel {...props} />
    </>
  );
}
