import { readFileSync } from "node:fs";
import type { FixtureName } from "#model/testing/fixture.ts";

/** What transformers writes greedily after some prompts. Made by src/tools/generations.py. */
export interface ExpectedWriting {
  readonly promptIds: readonly number[];
  readonly ids: readonly number[];
  readonly text: string;
}

export function expectedWriting(name: FixtureName): ExpectedWriting[] {
  const url = new URL(`../../../test/fixtures/${name}/expected.greedy.jsonl`, import.meta.url);
  const lines = readFileSync(url, "utf8").trimEnd().split("\n");
  return lines.map((line) => {
    const { prompt_ids: promptIds, ids, text } = JSON.parse(line);
    return { promptIds, ids, text };
  });
}

/** How MeZO judges what transformers writes for the rows of `opt-tiny-real-vocab/squad.jsonl`. */
export function expectedAnswers(): { text: string; f1: number; isExact: boolean }[] {
  const url = new URL(
    "../../../test/fixtures/opt-tiny-real-vocab/squad.expected.jsonl",
    import.meta.url,
  );
  const lines = readFileSync(url, "utf8").trimEnd().split("\n");
  return lines.map((line) => {
    const { text, f1, is_exact: isExact } = JSON.parse(line);
    return { text, f1, isExact };
  });
}
