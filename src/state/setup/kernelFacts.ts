import type { KernelsReport } from "#session/reports.ts";
import { formatDate, formatDuration } from "../text/format.ts";

const rowNames: Readonly<Record<string, string>> = {
  few: "Up to 32 rows",
  some: "Up to 256 rows",
  many: "More rows",
};
const partNames: Readonly<Record<string, string>> = {
  narrow: "up to 1,024 columns",
  wide: "more columns",
  head: "scored positions",
};

/** Each class of products in words, with its kernel and what that was measured to do. */
export function kernelFacts({ classes }: KernelsReport): { name: string; value: string }[] {
  return classes.map(({ name, kernel, gflops }) => {
    const [rows = "", part = "", halves = ""] = name.split(".");
    const weights = halves && "weights as f16";
    const words = [rowNames[rows] ?? rows, partNames[part] ?? part, weights]
      .filter(Boolean)
      .join(", ");
    const plain = kernel.replace(/^linear_/, "").replaceAll("_", " ");
    return { name: words, value: gflops === null ? plain : `${plain}, ${speedText(gflops)}` };
  });
}

/** "812 GFLOP/s", "2.41 TFLOP/s". */
function speedText(gflops: number): string {
  if (gflops >= 1000) return `${(gflops / 1000).toFixed(2)} TFLOP/s`;
  return `${gflops.toFixed(gflops >= 100 ? 0 : 1)} GFLOP/s`;
}

/** Where the choice comes from, in a sentence. */
export function kernelOrigin({ isFixed, measured }: KernelsReport): string {
  if (isFixed) {
    return "Chosen by a table on software adapters, so that the same settings give the same weights.";
  }
  if (!measured) return "Not measured yet. It happens before the first run and takes up to 3 s.";
  const { at, milliseconds, widths } = measured;
  return (
    `Measured ${formatDate(at)} in ${formatDuration(milliseconds / 1000)}, ` +
    `on products ${widths} wide.`
  );
}
