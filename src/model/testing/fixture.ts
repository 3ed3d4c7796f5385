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

/** Opens a small model of the repository. */
export function openFixture(name: FixtureName): Promise<ModelFiles> {
  return openModelFiles(folderSources(fileURLToPath(new URL(name, root))));
}

/**
 * Opens `opt-tiny-classifier`: the weights of opt-tiny-pre-ln and a score head for three labels, in two
 * shards.
 */
export function openClassifier(): Promise<ModelFiles> {
  return openModelFiles(classifierFiles());
}

/** The files of `opt-tiny-classifier`. */
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

/** The files of `opt-tiny-pre-ln`, its base model. */
export function classifierBaseFiles(): ByteSource[] {
  const weights = ["config.json", "model.safetensors"];
  const tokenizer = ["vocab.json", "merges.txt", "tokenizer_config.json"];
  const folder = folderSources(fileURLToPath(new URL("opt-tiny-pre-ln", root)));
  return folder.filter(({ name }) => [...weights, ...tokenizer].includes(name));
}

/** log p of each label for each text with a score head, from PyTorch. */
export function expectedLabels(file: string): number[][] {
  return lines(file).map(({ log_probs: values }) => values as number[]);
}

/** The texts of `texts.jsonl`. */
export function fixtureTexts(): string[] {
  return lines("texts.jsonl").map(({ text }) => String(text));
}

/** The texts of `texts.jsonl` as examples with one option, scored after BOS. */
export function encodedTexts({ tokenizerFiles }: ModelFiles): EncodedExample[] {
  const tokenizer = loadTokenizer(tokenizerFiles);
  return lines("texts.jsonl").map((line, row) => {
    const ids = [2, ...tokenizer.encode(String(line["text"]))];
    return { row, answer: 0, options: [{ ids, optionLength: ids.length - 1 }] };
  });
}

/** Σ −log p of those texts in nats, from PyTorch in float32. */
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
