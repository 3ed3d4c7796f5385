import { execFile } from "node:child_process";
import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { drivers } from "../reference/testing/drivers.ts";

const root = fileURLToPath(new URL("../../", import.meta.url));
const [driver] = drivers;

const guesses: Readonly<Record<string, string>> = {
  "sentiment.csv":
    'template "{text} It was", labels "negative", "positive" in column "label", words " terrible", " great"',
  "chat.jsonl": 'template "{prompt}", trained on the text in column "completion"',
  "pairs.tsv": "The columns are those of RTE.",
};
const files = readdirSync(`${root}/examples`).filter((name) => !/\.(md|ts)$/.test(name));

test("every data file in examples/ has a test", () => {
  expect(files.toSorted()).toEqual(Object.keys(guesses).toSorted());
});

test.each(files)("examples/train.ts guesses the task of %s and trains on it", async (name) => {
  const args = ["--import", "tsx", "examples/train.ts", `examples/${name}`, "public/demo", "2"];
  const env = { ...process.env, ...driver?.env };
  const { stdout } = await promisify(execFile)(process.execPath, args, { cwd: root, env });
  const lines = stdout.trim().split("\n");
  expect(lines[0]).toContain(guesses[name]);
  const losses = lines.filter((line) => /^step [12]: loss \d+\.\d{4}$/.test(line));
  expect(losses).toHaveLength(2);
  expect(lines.at(-1)).toMatch(/^after step 2: loss \d+\.\d{4} on \d+ validation examples$/);
});
