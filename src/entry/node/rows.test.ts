import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test, vi } from "vitest";
import type { TaskSpec } from "#data/tasks/task.ts";
import { loadTokenizer } from "#data/tokenizer/tokenizer.ts";
import { openFixture } from "../../model/testing/fixture.ts";
import { readExamples } from "./rows.ts";

test("a row that cannot be used is reported once with its number", async () => {
  const folder = mkdtempSync(join(tmpdir(), "zeroth-rows-"));
  const path = join(folder, "rows.jsonl");
  const rows = ['{"text": "good", "label": 1}', "7", '{"text": "odd", "label": 5}'];
  writeFileSync(path, rows.join("\n"));
  const { tokenizerFiles } = await openFixture("opt-tiny-pre-ln");
  const task: TaskSpec = {
    kind: "classification",
    template: "{text} It was",
    labelColumn: "label",
    labels: ["0", "1"],
    words: [" terrible", " great"],
    bos: 2,
    maxLength: 64,
  };
  const said: string[] = [];
  const tell = vi.spyOn(console, "error").mockImplementation((line) => void said.push(line));
  try {
    await readExamples(path, task, loadTokenizer(tokenizerFiles), "evaluation");
  } finally {
    tell.mockRestore();
    rmSync(folder, { recursive: true });
  }
  expect(said).toEqual([
    "Row 2 is the number 7, not an object with columns.",
    expect.stringMatching(/^Row 3: Label "5"/),
  ]);
});
