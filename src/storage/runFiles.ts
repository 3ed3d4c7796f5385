import type { ExportedFile } from "#run/exchange/exportedFile.ts";
import { bytesFile, textFile } from "#run/exchange/exportedFile.ts";
import { prefixOf } from "#run/store/keys.ts";
import type { Manifest } from "#run/store/records.ts";
import { isBytes, type Store, type TableName } from "#run/store/store.ts";
import { parseManifest, parseRunRecord } from "#run/store/storedRecords.ts";
import { filesInZip, type ListedFile, openFileListStore, storeFoldersIn } from "./fileListStore.ts";
import { pathOf } from "./folderLayout.ts";
import { toJson } from "./json.ts";

/**
 * The stores among these files, open for reading: folders of runs, or zips of such folders.
 *
 * @throws ZerothError E-FILE-1 for a zip that cannot be unpacked
 */
export async function openRunFiles(files: readonly ListedFile[]): Promise<readonly Store[]> {
  const stores: Store[] = [];
  for (const zip of files.filter(({ name }) => /\.zip$/i.test(name))) {
    const unpacked = await filesInZip(zip);
    stores.push(...storeFoldersIn(unpacked).map((folder) => openFileListStore(unpacked, folder)));
  }
  stores.push(...storeFoldersIn(files).map((folder) => openFileListStore(files, folder)));
  return stores;
}

/**
 * A run with its examples, journal, checkpoints and base model, as the files of a run folder that the
 * command line and `openRunFiles` read. Weights are read one part at a time.
 *
 * @throws ZerothError E-STORE-3 if its record is missing or damaged
 */
export async function filesOfRun(store: Store, runId: string): Promise<readonly ExportedFile[]> {
  const { modelId } = parseRunRecord(await store.get("runs", runId), runId);
  const files: ExportedFile[] = [];
  const add = async (table: TableName, key: string) => {
    const value = await store.get(table, key);
    if (value === undefined) return;
    const path = pathOf(table, key, isBytes(value) ? "bin" : "json");
    files.push(isBytes(value) ? bytesFile(path, value) : textFile(path, toJson(value)));
  };
  for (const table of ["rows", "journal", "evaluations"] as const) {
    for (const key of await store.keys(table, prefixOf(runId))) await add(table, key);
  }
  for (const owner of [runId, modelId]) {
    for (const [key, value] of await store.entries("manifests", prefixOf(owner))) {
      files.push(...(await partsOf(store, parseManifest(value, key))));
      await add("manifests", key);
    }
  }
  await add("models", modelId);
  await add("runs", runId);
  return files;
}

async function partsOf(store: Store, { snapshotId, parts }: Manifest): Promise<ExportedFile[]> {
  const keys = await store.keys("chunks", prefixOf(snapshotId));
  return keys.map((key, i) => {
    async function* pieces() {
      const value = await store.get("chunks", key);
      if (value && isBytes(value)) yield value;
    }
    const sizeBytes = parts[i]?.sizeBytes ?? 0;
    return { name: pathOf("chunks", key, "bin"), sizeBytes, pieces: pieces() };
  });
}
