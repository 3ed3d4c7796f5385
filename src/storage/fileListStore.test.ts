import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { zipSync } from "fflate";
import { afterAll, expect, test } from "vitest";
import { memorySource } from "#data/formats/byteSource.ts";
import { openRunStore } from "#run/store/runStore.ts";
import { aModel, aRun, someRows, steps, weights } from "#run/testing/runs.ts";
import { filesInZip, openFileListStore, storeFoldersIn } from "./fileListStore.ts";
import { openFolderStore } from "./folderStore.ts";
import { memoryStore } from "./memoryStore.ts";

const base = await mkdtemp(join(tmpdir(), "zeroth-list-"));
afterAll(() => rm(base, { recursive: true }));

const now = () => new Date("2025-05-06T07:08:09.000Z");

/** The files of a run's folder, by the path a browser gives them. */
async function runFiles(): Promise<Record<string, Uint8Array<ArrayBuffer>>> {
  const root = join(base, crypto.randomUUID());
  const store = await openFolderStore(root);
  const runs = openRunStore(store, now);
  await runs.saveModel(aModel(), weights(0));
  await runs.createRun(aRun("run"), someRows);
  await runs.appendSteps("run", steps(1, 20), "strict");
  await runs.saveSnapshot("run", weights(20));
  await store.close();
  const files: Record<string, Uint8Array<ArrayBuffer>> = {};
  for (const entry of await readdir(root, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    const name = `chosen/my-run/${path.slice(root.length + 1).replaceAll("\\", "/")}`;
    files[name] = new Uint8Array(await readFile(path));
  }
  return files;
}

const files = await runFiles();
const listed = Object.entries(files).map(([name, bytes]) => memorySource(name, bytes));
const zipped = memorySource("run.zip", new Uint8Array(zipSync(files)));

for (const [what, list] of [
  ["the files a browser lists", async () => listed],
  ["the files of a zip", () => filesInZip(zipped)],
] as const) {
  test(`a run is read and copied from ${what}`, async () => {
    const found = await list();
    const [folder] = storeFoldersIn(found);
    expect(folder).toBe("chosen/my-run/");
    const store = openFileListStore(found, folder);
    const runs = openRunStore(store, now);
    expect((await runs.listRuns()).runs.map(({ record }) => record.id)).toEqual(["run"]);
    expect(await runs.loadRun("run")).toMatchObject({ repairs: [], rows: someRows });

    const copy = openRunStore(memoryStore(), now);
    await copy.copyFrom(store, "run");
    expect((await copy.loadRun("run")).steps).toEqual(steps(1, 20));
    await expect(runs.updateRun("run", { name: "other" })).rejects.toMatchObject({
      code: "E-STORE-7",
    });
  });
}

test("every folder with a run in it is found, and nothing else", () => {
  const names = [
    "a/runs/x.json",
    "a/runs/y.json",
    "b/c/runs/z.json",
    "b/runs.json",
    "d/runs/notes.txt",
  ];
  const some = names.map((name) => memorySource(name, new Uint8Array(0)));
  expect(storeFoldersIn(some)).toEqual(["a/", "b/c/"]);
  expect(storeFoldersIn([memorySource("runs/x.json", new Uint8Array(0))])).toEqual([""]);
});

test("what is not a zip is refused", async () => {
  const text = memorySource("notes.txt", new TextEncoder().encode("no zip"));
  await expect(filesInZip(text)).rejects.toMatchObject({ code: "E-FILE-1" });
});
