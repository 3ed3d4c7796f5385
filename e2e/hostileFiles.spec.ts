import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "@playwright/test";
import { test } from "./testing/pageTest.ts";
import { choose, fact, fixture } from "./testing/visit.ts";

/** A Parquet footer of lists that claim more elements than memory has room for. */
function listsWithoutEnd(): Buffer {
  const lists = Array.from({ length: 25 }, () => [0xf9, 0xff, 0xff, 0xff, 0x0f]).flat();
  const footer = Buffer.from([0x19, ...lists]);
  const length = Buffer.alloc(4);
  length.writeUInt32LE(footer.length);
  return Buffer.concat([Buffer.from("PAR1\0\0\0\0"), footer, length, Buffer.from("PAR1")]);
}

test("a file made to exhaust the page is refused, and the next one opens", async ({ page }) => {
  await page.goto("/#setup");
  await choose(page, "Choose a folder", fixture("opt-tiny-pre-ln"));
  await expect(fact(page, "Vocabulary")).not.toBeEmpty();
  const path = join(await mkdtemp(join(tmpdir(), "zeroth-")), "rows.parquet");
  await writeFile(path, listsWithoutEnd());
  await choose(page, "Choose rows", path);
  await expect(page.getByText(/"rows\.parquet" cannot be read as Parquet/)).toBeVisible();
  await choose(page, "Choose rows", fixture("reviews.jsonl"));
  await expect(fact(page, "Rows to train on")).not.toBeEmpty();
});
