import { expect, test } from "vitest";
import { findRowFiles } from "./rowFiles.ts";

function files(...paths: readonly string[]) {
  return paths.map((path) => ({ path, file: new File([], path.split("/").at(-1) ?? path) }));
}

function found(...paths: readonly string[]) {
  const { sources, message } = findRowFiles(files(...paths));
  const name = (part: "train" | "dev" | "test") => {
    const source = sources?.[part];
    return source?.kind === "file" ? source.file.name : undefined;
  };
  return { parts: [name("train"), name("dev"), name("test")], message };
}

test.each([
  [
    "SuperGLUE's folder",
    ["CB/train.jsonl", "CB/val.jsonl", "CB/test.jsonl"],
    ["train.jsonl", "val.jsonl", "test.jsonl"],
  ],
  ["GLUE's folder", ["SST-2/train.tsv", "SST-2/dev.tsv"], ["train.tsv", "dev.tsv", undefined]],
  [
    "a folder of Parquet files",
    ["data/train-00000-of-00001.parquet", "data/validation-00000-of-00001.parquet"],
    ["train-00000-of-00001.parquet", "validation-00000-of-00001.parquet", undefined],
  ],
  [
    "a file beside one that is held out",
    ["reviews.csv", "reviews-held-out.csv"],
    ["reviews.csv", "reviews-held-out.csv", undefined],
  ],
  ["one file of any name", ["reviews.csv", "notes.md"], ["reviews.csv", undefined, undefined]],
])("the parts of %s are told by their names", (_what, paths, parts) => {
  expect(found(...paths).parts).toEqual(parts);
});

test("a data set's own files come before those deeper in its folder, and these are named", () => {
  const { parts, message } = found(
    "d/old/train.tsv",
    "d/train.tsv",
    "d/dev.tsv",
    "d/constraint.txt",
  );
  expect(parts).toEqual(["train.tsv", "dev.tsv", undefined]);
  expect(message).toBe("Found train.tsv, dev.tsv. Passed over: constraint.txt, train.tsv.");
});

test("several files without one for training are asked about, none is guessed", () => {
  expect(found("a.jsonl", "b.jsonl")).toEqual({
    parts: [undefined, undefined, undefined],
    message: "Which of a.jsonl, b.jsonl is to be trained on? Name it “train”, or choose it alone.",
  });
});

test("files that hold no rows are refused with what does", () => {
  expect(found("model.safetensors", "photo.png").message).toContain(
    "None of these files holds rows",
  );
});
