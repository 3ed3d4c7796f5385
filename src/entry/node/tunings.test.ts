import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openTunings } from "./tunings.ts";

const found = {
  adapter: "a GPU",
  widths: "768 / 3072",
  milliseconds: 900,
  refused: [],
  kernels: { "linear.few.head": "linear_few" },
  gflops: { "few.head": 12.5 },
};

let folder: string;
let told: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "zeroth-tunings-"));
  told = [];
});
afterEach(() => rmSync(folder, { recursive: true }));
const open = (at = folder) => openTunings(at, (sentence) => told.push(sentence));

test("a measurement is available to the next command", async () => {
  const saved = await (await open()).tunings.save("key", found);
  expect(saved).toMatchObject(found);
  expect(await (await open()).tunings.load("key")).toEqual(saved);
  expect(told).toEqual([]);
});

test("a missing folder is created", async () => {
  const deeper = join(folder, "cache", "zeroth");
  await (await open(deeper)).tunings.save("key", found);
  expect(await (await open(deeper)).tunings.load("key")).toMatchObject(found);
});

test("a damaged measurement is made again", async () => {
  await (await open()).tunings.save("key", found);
  const [file] = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((name) =>
    /key/.test(name),
  );
  writeFileSync(join(folder, file!), "{");
  expect(await (await open()).tunings.load("key")).toBeNull();
});

test("if no folder can be created, the measurement serves this command, which is reported", async () => {
  const file = join(folder, "file");
  writeFileSync(file, "");
  const { tunings } = await open(join(file, "zeroth"));
  expect(await tunings.load("key")).toBeNull();
  expect(await tunings.save("key", found)).toMatchObject(found);
  expect(told).toEqual([expect.stringMatching(/^Kernel measurements were not saved/)]);
});
