import { bytesText } from "#base/text.ts";

/** What stands for a number nobody has measured. */
export const UNKNOWN = "—";

type Measured = number | null | undefined;

const integers = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const dates = new Intl.DateTimeFormat("en", { dateStyle: "medium", timeStyle: "short" });
const times = new Intl.DateTimeFormat("en", { timeStyle: "medium" });

/** "20,000". */
export function formatCount(value: Measured): string {
  return isKnown(value) ? integers.format(value) : UNKNOWN;
}

/** "7 steps", "1 step". */
export function formatPlural(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

/** "251 MB": decimal units, as file managers and download pages count. */
export function formatBytes(value: Measured): string {
  if (!isKnown(value)) return UNKNOWN;
  return bytesText(value);
}

/** A GPU limit: sizes in bytes, counts as counts. */
export function formatLimit(name: string, value: number): string {
  return /(Buffer|Binding|Storage)Size$/.test(name) ? formatBytes(value) : formatCount(value);
}

/** "125.2 M" parameters. */
export function formatParameters(value: Measured): string {
  if (!isKnown(value)) return UNKNOWN;
  if (value >= 1e9) return `${(value / 1e9).toFixed(2)} B`;
  if (value >= 1e6) return `${(value / 1e6).toFixed(1)} M`;
  if (value >= 1e3) return `${(value / 1e3).toFixed(0)} k`;
  return formatCount(value);
}

/** "45 s", "18 min", "2 h 05 min", "3 d 4 h". */
export function formatDuration(seconds: Measured): string {
  if (!isKnown(seconds)) return UNKNOWN;
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 120) return `${whole} s`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 120) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return `${hours} h ${String(minutes % 60).padStart(2, "0")} min`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

/** "≈ 18 min": a duration that was reckoned, not measured. */
export function formatEstimate(seconds: Measured): string {
  return isKnown(seconds) ? `≈ ${formatDuration(seconds)}` : UNKNOWN;
}

/** "88.5 %" from 0.885. */
export function formatPercent(share: Measured): string {
  return isKnown(share) ? `${(share * 100).toFixed(1)} %` : UNKNOWN;
}

/** Four significant digits, for losses and gradients: "0.6931", "1.234e-7". */
export function formatReading(value: Measured): string {
  if (!isKnown(value)) return UNKNOWN;
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e5)) return trimExponent(value.toExponential(3));
  return size >= 1000 ? formatCount(value) : value.toPrecision(4);
}

/** A number under an axis, short: "12k", "0.6", "1e-4". uPlot leaves out ticks as null. */
export function formatTick(value: number | null): string {
  if (value === null) return "";
  const size = Math.abs(value);
  if (size >= 1e9) return trimExponent(value.toExponential());
  if (size >= 1e6) return `${shorten(value / 1e6)}M`;
  if (size >= 1e4) return `${shorten(value / 1e3)}k`;
  return size !== 0 && size < 1e-3 ? trimExponent(value.toExponential()) : shorten(value);
}

/** A share beside an axis: "80 %". */
export function formatPercentTick(share: number | null): string {
  return share === null ? "" : `${shorten(share * 100)} %`;
}

/** A smoothing weight: "0.90". */
export function formatWeight(value: number): string {
  return value.toFixed(2);
}

/** A rate that may be large or small: "1,204", "12.4", "0.38". */
export function formatRate(value: Measured): string {
  if (!isKnown(value)) return UNKNOWN;
  if (value >= 100) return formatCount(value);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** A setting as a person would type it: "1e-6", "0.001", "20000". */
export function formatSetting(value: number | string | boolean): string {
  if (typeof value !== "number") return String(value);
  const size = Math.abs(value);
  return size !== 0 && size < 1e-3 ? trimExponent(value.toExponential()) : String(value);
}

/** "Mar 4, 2026, 2:02 PM" from an ISO time, in the reader's time zone. */
export function formatDate(iso: string | null): string {
  return iso === null || Number.isNaN(Date.parse(iso)) ? UNKNOWN : dates.format(new Date(iso));
}

/** The time of day of an ISO time, to the second. */
export function formatTime(iso: string | null): string {
  return iso === null || Number.isNaN(Date.parse(iso)) ? UNKNOWN : times.format(new Date(iso));
}

/** Width of a bar for a share of a whole, as CSS wants it: "62.50%". */
export function barWidth(part: number, whole: number): string {
  const share = whole > 0 ? Math.min(1, Math.max(0, part / whole)) : 0;
  return `${(share * 100).toFixed(2)}%`;
}

function isKnown(value: Measured): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

/** Without the digits that arithmetic on ticks leaves behind: 0.30000000000000004 is 0.3. */
function shorten(value: number): string {
  return String(Number(value.toPrecision(6)));
}

function trimExponent(text: string): string {
  return text.replace("e+", "e");
}
