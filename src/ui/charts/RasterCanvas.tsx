import { useEffect, useRef, useState } from "react";
import { blockRaster, rasterAlpha } from "#state/charts/blockRaster.ts";
import type { Range, XAxis } from "#state/charts/curves.ts";
import { column, type RunSeries } from "#state/charts/runSeries.ts";
import styles from "./Charts.module.css";
import { useThemeName } from "./useThemeName.ts";

interface RasterCanvasProps {
  readonly series: RunSeries;
  readonly axis: XAxis;
  readonly range: Range;
  readonly blocks: number;
  readonly summary: string;
}

/** One pixel column for each pixel of the page, one pixel row a block; CSS stretches the rows. */
export function RasterCanvas({ series, axis, range, blocks, summary }: RasterCanvasProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [width, setWidth] = useState(0);
  const theme = useThemeName();
  const [from, to] = range;
  useEffect(() => {
    const element = canvas.current;
    if (!element) return;
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  // biome-ignore lint/correctness/useExhaustiveDependencies: theme, the colour is read anew
  useEffect(() => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (!element || !context || width === 0 || blocks === 0) return;
    const x = column(series, axis);
    const alpha = rasterAlpha(blockRaster(series, x, [from, to], width, blocks));
    const image = new ImageData(width, blocks);
    for (const [i, value] of alpha.entries()) image.data[i * 4 + 3] = value;
    element.width = width;
    element.height = blocks;
    context.putImageData(image, 0, 0);
    // The picture holds opacity only: the colour is laid where it is opaque, in the page's theme.
    context.globalCompositeOperation = "source-in";
    context.fillStyle = getComputedStyle(element).color;
    context.fillRect(0, 0, width, blocks);
  }, [series, axis, from, to, width, blocks, theme]);
  return (
    <canvas
      ref={canvas}
      className={styles.rasterCanvas}
      style={{ height: `${Math.min(24, Math.max(6, 216 / Math.max(1, blocks))) * blocks}px` }}
      role="img"
      aria-label={summary}
    />
  );
}
