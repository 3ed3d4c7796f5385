import { expect, test } from "vitest";
import {
  barWidth,
  formatBytes,
  formatCount,
  formatDate,
  formatDuration,
  formatEstimate,
  formatLimit,
  formatParameters,
  formatPercent,
  formatRate,
  formatReading,
  formatSetting,
  formatTick,
} from "./format.ts";

test("what was not measured reads as a dash everywhere", () => {
  const all = [formatBytes, formatCount, formatDuration, formatEstimate, formatParameters];
  for (const format of [...all, formatPercent, formatRate, formatReading]) {
    expect(format(null)).toBe("—");
    expect(format(undefined)).toBe("—");
    expect(format(Number.NaN)).toBe("—");
  }
  expect(formatDate(null)).toBe("—");
});

test("bytes are counted in decimal units, as downloads are", () => {
  expect(formatBytes(133)).toBe("133 B");
  expect(formatBytes(8_400_000)).toBe("8.4 MB");
  expect(formatBytes(250_518_016)).toBe("251 MB");
  expect(formatBytes(999_999)).toBe("1.0 MB");
});

test("a duration is told in the unit a person would use", () => {
  expect(formatDuration(0.42)).toBe("0.4 s");
  expect(formatDuration(45)).toBe("45 s");
  expect(formatDuration(1080)).toBe("18 min");
  expect(formatDuration(7500)).toBe("2 h 05 min");
  expect(formatDuration(300_000)).toBe("3 d 11 h");
});

test("an estimate says that it is one", () => {
  expect(formatEstimate(1080)).toBe("≈ 18 min");
});

test("a reading keeps four digits, small or large", () => {
  expect(formatReading(Math.LN2)).toBe("0.6931");
  expect(formatReading(1.2344e-7)).toBe("1.234e-7");
  expect(formatReading(-250_000)).toBe("-2.500e5");
  expect(formatReading(0)).toBe("0.000");
});

test("a setting reads as a person would type it", () => {
  expect(formatSetting(1e-6)).toBe("1e-6");
  expect(formatSetting(0.001)).toBe("0.001");
  expect(formatSetting(20_000)).toBe("20000");
  expect(formatSetting(false)).toBe("false");
});

test("an axis is free of the digits that floating point leaves behind", () => {
  expect(formatTick(0.1 + 0.2)).toBe("0.3");
  expect(formatTick(12_000)).toBe("12k");
  expect(formatTick(3e9)).toBe("3e9");
  expect(formatTick(null)).toBe("");
});

test("limits that are sizes read as sizes, counts as counts", () => {
  expect(formatLimit("maxBufferSize", 268_435_456)).toBe("268 MB");
  expect(formatLimit("maxComputeWorkgroupSizeX", 1024)).toBe("1,024");
});

test("a bar is never wider than its track, nor broken by an empty whole", () => {
  expect(barWidth(5, 4)).toBe("100.00%");
  expect(barWidth(1, 0)).toBe("0.00%");
});
