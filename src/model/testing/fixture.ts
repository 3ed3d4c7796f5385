import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type ByteSource, memorySource } from "#data/formats/byteSource.ts";
import { type ModelFiles, openModelFiles } from "#data/formats/modelFiles.ts";
import type { EncodedExample } from "#data/tasks/task.ts";
import { loadTokenizer } from "#data/tokenizer/tokenizer.ts";
import { folderSources } from "../../entry/node/files.ts";

const root = new URL("../../../test/fixtures/", import.meta.url);

export const fixtureNames = ["opt-tiny-pre-ln", "opt-tiny-post-ln", "opt-tiny-real-vocab"] as const;
export type FixtureName = (typeof fixtureNames)[number];

/** A small checkpoint of the repository, opened. */
export function openFixture(name: FixtureName): Promise<ModelFiles> {
  return openModelFiles(folderSources(fileURLToPath(new URL(name, root))));
}

/**
 * `opt-tiny-classifier`, opened: the weights of opt-tiny-pre-ln and a score head for three labels, as
 * two shards.
 */
export function openClassifier(): Promise<ModelFiles> {
  return openModelFiles(classifierFiles());
}

/** The files of that checkpoint. */
export function classifierFiles(): ByteSource[] {
  const [base, own] = ["opt-tiny-pre-ln", "opt-tiny-classifier"].map((name) =>
    folderSources(fileURLToPath(new URL(name, root))),
  );
  const file = (files: readonly ByteSource[] | undefined, name: string) =>
    files!.find((source) => source.name === name)!;
  const shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"];
  const names: { name: string }[] = JSON.parse(
    readFileSync(new URL("opt-tiny-pre-ln/parameters.json", root), "utf8"),
  ).map(([name]: [string]) => ({ name }));
  const places = [...names.map(({ name }) => [name, shards[0]]), ["score.weight", shards[1]]];
  const index = JSON.stringify({ metadata: {}, weight_map: Object.fromEntries(places) });
  return [
    ...["vocab.json", "merges.txt", "tokenizer_config.json"].map((name) => file(base, name)),
    file(own, "config.json"),
    { ...file(base, "model.safetensors"), name: shards[0]! },
    { ...file(own, "score.safetensors"), name: shards[1]! },
    memorySource("model.safetensors.index.json", new TextEncoder().encode(index)),
  ];
}

/** Files of `opt-tiny-pre-ln`, which it was made from. */
export function classifierBaseFiles(): ByteSource[] {
  const weights = ["config.json", "model.safetensors"];
  const tokenizer = ["vocab.json", "merges.txt", "tokenizer_config.json"];
  const folder = folderSources(fileURLToPath(new URL("opt-tiny-pre-ln", root)));
  return folder.filter(({ name }) => [...weights, ...tokenizer].includes(name));
}

/** What PyTorch makes of the texts with a score head: log p of each label. */
export function expectedLabels(file: string): number[][] {
  return lines(file).map(({ log_probs: values }) => values as number[]);
}

/** The texts of `texts.jsonl`. */
export function fixtureTexts(): string[] {
  return lines("texts.jsonl").map(({ text }) => String(text));
}

/** The texts of `texts.jsonl` as examples of one option, of which all but BOS is scored. */
export function encodedTexts({ tokenizerFiles }: ModelFiles): EncodedExample[] {
  const tokenizer = loadTokenizer(tokenizerFiles);
  return lines("texts.jsonl").map((line, row) => {
    const ids = [2, ...tokenizer.encode(String(line["text"]))];
    return { row, answer: 0, options: [{ ids, optionLength: ids.length - 1 }] };
  });
}

/** What PyTorch in float32 makes of those texts: Σ −log p, in nats. */
export function expectedScores(name: FixtureName): { tokens: number; nll: number }[] {
  return lines(`${name}/expected.score.jsonl`).map(({ tokens, nll }) => {
    return { tokens: Number(tokens), nll: Number(nll) };
  });
}

function lines(file: string): Readonly<Record<string, unknown>>[] {
  const text = readFileSync(new URL(file, root), "utf8");
  return text
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line));
}
