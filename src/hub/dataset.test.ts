import { afterEach, expect, test } from "vitest";
import { describeDataset, splitFiles } from "./dataset.ts";
import { type LocalHub, startLocalHub } from "./testing/localHub.ts";
import { COMMIT, modelContent, noise } from "./testing/models.ts";

let local: LocalHub | undefined;
afterEach(() => local?.close());

const set = { repo: "aps/super_glue", revision: "main" };
const files = {
  ".gitattributes": noise(10),
  "boolq/train/0001.parquet": noise(2000),
  "boolq/train/0000.parquet": noise(3000),
  "boolq/validation/0000.parquet": noise(500),
  "cb/train/0000.parquet": noise(400),
  "../train/0000.parquet": noise(400),
};
const cardData = {
  license: "cc-by-4.0",
  dataset_info: [{ config_name: "boolq", splits: [{ name: "train", num_examples: 9427 }] }],
};

async function hubWith(content: Partial<Parameters<typeof startLocalHub>[0]>): Promise<LocalHub> {
  local = await startLocalHub({ ...modelContent(), ...content });
  return local;
}

test("a data set's configurations and splits are listed with rows and bytes, at a commit", async () => {
  const { hub } = await hubWith({ datasets: { [set.repo]: { files, cardData } } });
  const found = await describeDataset(hub, set);
  expect(found).toMatchObject({ ...set, commit: COMMIT, licence: { id: "cc-by-4.0" } });
  expect(found.configs.map(({ name }) => name)).toEqual(["boolq", "cb"]);
  const [boolq] = found.configs;
  expect(boolq?.splits).toMatchObject([
    { name: "train", rows: 9427, sizeBytes: 5000 },
    { name: "validation", rows: null, sizeBytes: 500 },
  ]);
  const train = splitFiles(found, boolq!, ["train"]).map(({ path }) => path);
  expect(train).toEqual(["boolq/train/0000.parquet", "boolq/train/0001.parquet"]);
  expect(() => splitFiles(found, boolq!, ["dev"])).toThrow(
    'aps/super_glue boolq has no split "dev", only "train", "validation".',
  );
});

test("a missing data set and one without Parquet files have different errors", async () => {
  const { hub } = await hubWith({ datasets: { empty: { files: {} } } });
  const ask = (repo: string, revision = "main") => describeDataset(hub, { repo, revision });
  await expect(ask("no/set")).rejects.toMatchObject({ code: "E-NET-3" });
  await expect(ask("empty")).rejects.toMatchObject({ code: "E-DATA-1" });
  await expect(ask("empty", "v2")).rejects.toMatchObject({ code: "E-NET-3" });
});
