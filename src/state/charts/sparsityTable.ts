import type { SparsityReport } from "#run/step/runModel.ts";
import { formatCount, formatPercent, formatPlural } from "../text/format.ts";

export type TensorMask = SparsityReport["tensors"][number];

export const MASK_COLUMNS = ["name", "elements", "threshold", "density"] as const;
export type MaskColumn = (typeof MASK_COLUMNS)[number];

export const MASK_COLUMN_NAMES: Readonly<Record<MaskColumn, string>> = {
  name: "Tensor",
  elements: "Weights",
  threshold: "Threshold",
  density: "Density",
};

export interface MaskOrder {
  readonly column: MaskColumn;
  readonly isDescending: boolean;
}

/** A second click on a column turns its order round. Numbers begin with the largest. */
export function nextOrder(order: MaskOrder | null, column: MaskColumn): MaskOrder {
  if (order?.column === column) return { column, isDescending: !order.isDescending };
  return { column, isDescending: column !== "name" };
}

/** The tensors in an order; as the engine has them (the model's own) where none was asked for. */
export function sortTensors(
  tensors: readonly TensorMask[],
  order: MaskOrder | null,
): readonly TensorMask[] {
  if (!order) return tensors;
  const { column, isDescending } = order;
  const sign = isDescending ? -1 : 1;
  return tensors.toSorted((a, b) => sign * compare(a[column], b[column]));
}

/** "layers.0.self_attn.q_proj": what all names share says nothing. */
export function shortTensorName(name: string): string {
  return name.replace(/^model\.decoder\./, "").replace(/\.weight$/, "");
}

/** The bin whose left edge is the threshold: bins are a sixteenth of it wide. */
export const THRESHOLD_BIN = 16;

/** "|θ| of q_proj: 25.0 % of 589,824 weights lie at or below the threshold and move." */
export function describeMask({ name, elements, density }: TensorMask): string {
  return (
    `Sizes of the weights of ${shortTensorName(name)}: ${formatPercent(density)} of ${formatCount(elements)} ` +
    "lie at or below the threshold and move; larger ones stay as they are."
  );
}

export function describeSparsity({ density, tensors, step }: SparsityReport): string {
  return (
    `After step ${formatCount(step)}, ${formatPercent(density)} of all parameters move. ` +
    `Each of ${formatPlural(tensors.length, "matrix", "matrices")} has a threshold of its own; ` +
    "biases and norms move whole."
  );
}

function compare(a: string | number, b: string | number): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  // Layers in their order: layers.2 before layers.10.
  return String(a).localeCompare(String(b), "en", { numeric: true });
}
