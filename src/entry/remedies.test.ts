import { expect, test } from "vitest";
import { readArguments, settingsFrom } from "./node/flags.ts";
import { adviceOf } from "./node/remedies.ts";

test("what would fit is told as flags that the command line takes", () => {
  const advice = adviceOf([
    { label: "", settings: { dtype: "f16", snapshot: "copy" } },
    { label: "", settings: { batchSize: 12 } },
    { label: "", settings: {}, maxLength: 96 },
  ]);
  expect(advice).toBe(
    "Try again with --dtype f16 --snapshot copy, or --batch-size 12, or --max-length 96.",
  );
  const read = readArguments("--method mezo_svrg --dtype f16 --snapshot copy".split(" "));
  expect(settingsFrom(read)).toMatchObject({ dtype: "f16", snapshot: "copy" });
  expect(adviceOf([])).toBe("");
});
