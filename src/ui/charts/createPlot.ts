import uPlot from "uplot";
import type { Range } from "#state/charts/curves.ts";
import { nearestPoint } from "#state/charts/overlay.ts";
import { formatTick } from "#state/text/format.ts";

export interface Line {
  readonly name: string;
  /** A custom property that holds a colour. */
  readonly color: string;
  readonly isFaint?: boolean;
  readonly isDashed?: boolean;
  /** Few points, each worth seeing. */
  readonly hasPoints?: boolean;
  /** Points alone, as of what stands outside the line. */
  readonly hasNoLine?: boolean;
  /** Lengths of dashes and gaps, and an SVG path about (0, 0): they tell lines apart without colour. */
  readonly dash?: readonly number[];
  readonly marker?: string;
  /** The edge of a band: bounds a wash, is no line of its own. */
  readonly isEdge?: boolean;
}

/** A wash between two lines, by their places among the lines. */
export interface Band {
  readonly high: number;
  readonly low: number;
  readonly color: string;
}

export interface PlotOptions {
  readonly lines: readonly Line[];
  readonly isLog: boolean;
  readonly height: number;
  readonly onRange: (range: Range | null) => void;
  readonly formatX: (value: number) => string;
  readonly formatY: (value: number | null) => string;
  /** For the numbers beside the vertical axis. */
  readonly formatTick: (value: number | null) => string;
  readonly isLogX?: boolean;
  /** Lines share no places on the axis: each goes on over the gaps between its points. */
  readonly isSparse?: boolean;
  readonly bands?: readonly Band[];
}

interface Shown {
  readonly data: uPlot.AlignedData;
  readonly range: Range | null;
}

/** Charts with this key move their cursors together. */
const CURSORS = "run";

/** A uPlot in the page's colours, which asks `shown` for its data and its range. */
export function createPlot(
  host: HTMLElement,
  options: PlotOptions,
  shown: () => Shown,
  onIndex: (index: number | null) => void,
): uPlot {
  const look = readLook(host);
  return new uPlot(
    {
      width: host.clientWidth,
      height: options.height * look.scale,
      legend: { show: false },
      scales: {
        x: {
          time: false,
          ...(options.isLogX ? { distr: 3 } : {}),
          range: (_, min, max) => toRange(shown().range ?? [min, max]),
        },
        y: options.isLog ? { distr: 3 } : {},
      },
      axes: [
        axis(look, {}),
        axis(look, {
          size: (plot, labels) => roomFor(labels, plot, look),
          values: (_, ticks) => ticks.map(options.formatTick),
        }),
      ],
      series: [{}, ...options.lines.map((line) => seriesOf(line, look, options.isSparse ?? false))],
      bands: (options.bands ?? []).map((band) => bandOf(band, look)),
      cursor: {
        sync: { key: CURSORS },
        // The range is the page's, shared by all charts: a drag only proposes one.
        drag: { x: true, y: false, setScale: false },
        bind: {
          dblclick: () => () => {
            options.onRange(null);
            return null;
          },
        },
        points: { size: 7 },
        dataIdx: (plot, line, index) =>
          options.isSparse ? (nearestPoint(plot.data[line], index) ?? index) : index,
      },
      hooks: {
        setCursor: [(plot) => onIndex(plot.cursor.idx ?? null)],
        setSelect: [(plot) => proposeRange(plot, options.onRange)],
        draw: [(plot) => drawMarkers(plot, options.lines, look)],
      },
    },
    shown().data,
    host,
  );
}

function proposeRange(plot: uPlot, onRange: (range: Range) => void): void {
  const { left, width } = plot.select;
  if (width < 8) return;
  const range: Range = [plot.posToVal(left, "x"), plot.posToVal(left + width, "x")];
  plot.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
  onRange(range);
}

interface Look {
  readonly style: CSSStyleDeclaration;
  readonly font: string;
  /** How much larger than usual the reader wants text. */
  readonly scale: number;
}

function readLook(host: HTMLElement): Look {
  const style = getComputedStyle(host);
  const rootSize = Number.parseFloat(getComputedStyle(document.documentElement).fontSize);
  const scale = Number.isFinite(rootSize) ? rootSize / 16 : 1;
  return { style, scale, font: `${12 * scale}px ${style.getPropertyValue("--sans")}` };
}

/** Room for the longest label; seldom more than usual, so that charts below one another line up. */
function roomFor(labels: readonly string[] | null, { ctx }: uPlot, { font, scale }: Look): number {
  const { font: before } = ctx;
  ctx.font = font;
  const widths = (labels ?? []).map((label) => ctx.measureText(label).width);
  ctx.font = before;
  const apart = 14 * scale; // tick and gap
  return Math.max(52 * scale, Math.ceil(Math.max(0, ...widths) + apart));
}

function axis(look: Look, more: uPlot.Axis): uPlot.Axis {
  const grid = look.style.getPropertyValue("--chart-grid");
  return {
    stroke: look.style.getPropertyValue("--chart-text"),
    font: look.font,
    size: 34 * look.scale,
    grid: { stroke: grid, width: 1 },
    ticks: { stroke: grid, width: 1, size: 4 },
    values: (_, ticks) => ticks.map(formatTick),
    ...more,
  };
}

function seriesOf(line: Line, look: Look, isSparse: boolean): uPlot.Series {
  const color = look.style.getPropertyValue(line.color);
  const dash = line.dash ?? (line.isDashed ? [6, 5] : []);
  return {
    stroke: strokeOf(line, color),
    width: line.isFaint ? 1 : 2,
    points: { show: line.hasPoints ?? false, size: 7, fill: color, stroke: color },
    spanGaps: isSparse,
    ...(dash.length > 0 ? { dash: [...dash] } : {}),
  };
}

function strokeOf({ isFaint, isEdge, hasNoLine }: Line, color: string): string {
  if (isEdge || hasNoLine) return "transparent";
  return isFaint ? `color-mix(in oklab, ${color} 45%, transparent)` : color;
}

function bandOf({ high, low, color }: Band, look: Look): uPlot.Band {
  const solid = look.style.getPropertyValue(color);
  // Lines count from 1 there: the first column is x.
  return { series: [high + 1, low + 1], fill: `color-mix(in oklab, ${solid} 16%, transparent)` };
}

/** Markers along a line: enough to follow it, too few to hide it. */
const MARKERS = 7;

function drawMarkers(plot: uPlot, lines: readonly Line[], look: Look): void {
  const { ctx } = plot;
  const [from, to] = [plot.scales["x"]?.min ?? 0, plot.scales["x"]?.max ?? 0];
  for (const [i, { marker, color, isEdge }] of lines.entries()) {
    if (!marker || isEdge) continue;
    const values = plot.data[i + 1] ?? [];
    const x = plot.data[0];
    const there = Array.from(values, (value, index) => ({ value, x: x[index]! })).filter(
      (point) => point.value !== null && point.x >= from && point.x <= to,
    );
    const stride = Math.max(1, Math.ceil(there.length / MARKERS));
    ctx.fillStyle = look.style.getPropertyValue(color);
    // Each line begins elsewhere, so that markers do not cover each other.
    for (let k = Math.floor((stride * ((i % 4) + 1)) / 5); k < there.length; k += stride) {
      const point = there[k]!;
      ctx.save();
      ctx.translate(plot.valToPos(point.x, "x", true), plot.valToPos(point.value ?? 0, "y", true));
      ctx.scale(devicePixelRatio, devicePixelRatio);
      ctx.fill(new Path2D(marker));
      ctx.restore();
    }
  }
}

/** One point alone would give an empty range, which uPlot cannot draw. */
function toRange([min, max]: Range): uPlot.Range.MinMax {
  return min === max ? [min, min + 1] : [min, max];
}
