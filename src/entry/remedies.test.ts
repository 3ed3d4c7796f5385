import { expect, test } from "vitest";
import { commandFlags } from "./node/commandFlags.ts";
import { readArguments, settingsFrom } from "./node/flags.ts";
import { adviceOf } from "./node/remedies.ts";

const remedies = [
  { label: "", settings: { dtype: "f16", snapshot: "copy" } },
  { label: "", settings: { batchSize: 12 } },
  { label: "", settings: {}, maxLength: 96 },
  { label: "", settings: { dtype: "f16" } },
];

test("changes that would fit are reported as flags of the command line", () => {
  expect(adviceOf(remedies, commandFlags.train.flags)).toBe(
    "Try again with --dtype f16 --snapshot copy, or --batch-size 12, or --max-length 96, or --dtype f16.",
  );
  const read = readArguments("train", "--method mezo_svrg --dtype f16 --snapshot copy".split(" "));
  expect(settingsFrom(read)).toMatchObject({ dtype: "f16", snapshot: "copy" });
  expect(adviceOf([], commandFlags.train.flags)).toBe("");
});

test("flags that a command does not read are not suggested", () => {
  expect(adviceOf(remedies, commandFlags.score.flags)).toBe("Try again with --dtype f16.");
  expect(adviceOf(remedies, commandFlags.verify.flags)).toBe("");
});
