import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { memorySource } from "#data/formats/byteSource.ts";
import { directParser } from "#data/parser/parser.ts";
import { nodeParser } from "./parser.ts";

const fixtures = new URL("../../../test/fixtures/", import.meta.url);
const source = (path: string) =>
  memorySource(path, new Uint8Array(readFileSync(new URL(path, fixtures))));
const text = (name: string, content: string) =>
  memorySource(name, new TextEncoder().encode(content));

test("tables parsed in the thread equal those parsed here", async () => {
  const files = ["parquet/rows.zstd.parquet", "reviews.jsonl"].map(source);
  files.push(text("odd.jsonl", '{"__proto__": {"a": 1}, "text": "x"}\n{"text": null}\nno row\n'));
  const sources = files.map((file) => ({ name: file.name, files: [file] }));
  const progress: number[] = [];
  const tables = await nodeParser().readTables(sources, {
    onProgress: ({ bytesRead }) => progress.push(bytesRead),
  });
  const expected = await directParser.readTables(sources);
  expect(tables).toEqual(expected);
  expect(Object.keys(tables[2]?.rows[0] ?? {})).toEqual(["__proto__", "text"]);
  expect(progress.at(-1)).toBeGreaterThanOrEqual(files.reduce((sum, f) => sum + f.sizeBytes, 0));
});

test("model files opened in the thread have tensors with the same bytes", async () => {
  const folder = "opt-tiny-real-vocab";
  const files = readdirSync(new URL(folder, fixtures)).map((name) => source(`${folder}/${name}`));
  const [model, expected] = await Promise.all([
    nodeParser().openModelFiles(files),
    directParser.openModelFiles(files),
  ]);
  expect([...model.tensors.keys()]).toEqual([...expected.tensors.keys()]);
  expect(model.tokenizerFiles).toEqual(expected.tokenizerFiles);
  for (const [name, tensor] of model.tensors) {
    const end = Math.min(tensor.sizeBytes, 64);
    expect(await tensor.read(0, end)).toEqual(await expected.tensors.get(name)?.read(0, end));
  }
});

test("an error in the thread keeps its code and message", async () => {
  const files = [text("a.csv", "text,label\n")];
  await expect(nodeParser().readTables([{ name: "a.csv", files }])).rejects.toMatchObject({
    code: "E-DATA-1",
    message: expect.stringContaining('"a.csv" has no rows.'),
  });
});

test("an error while reading a file keeps its message", async () => {
  const failing = { ...text("a.csv", "a,b\n1,2\n"), read: () => Promise.reject(new Error("gone")) };
  await expect(
    nodeParser().readTables([{ name: "a.csv", files: [failing] }]),
  ).rejects.toMatchObject({ message: expect.stringContaining("gone") });
});

test.each(readdirSync(new URL("hostile", fixtures)))(
  "the hostile file %s ends in rows or one sentence within a second",
  async (name) => {
    const parser = nodeParser();
    // The thread's start is no time of the file.
    await parser.readTables([{ name: "a.csv", files: [text("a.csv", "a,b\n1,2\n")] }]);
    const [start, memory] = [performance.now(), process.memoryUsage.rss()];
    const file = source(`hostile/${name}`);
    const outcome = await parser.readTables([{ name, files: [file] }]).then(
      ([table]) => `${table?.rows.length} rows`,
      ({ message }: Error) => message,
    );
    expect(performance.now() - start).toBeLessThan(1000);
    expect(process.memoryUsage.rss() - memory).toBeLessThan(256e6);
    expect(outcome).toMatch(hostileOutcomes[name] ?? "unexpected file");
  },
);

const hostileOutcomes: Readonly<Record<string, RegExp>> = {
  "cut.tsv": /^6 rows$/,
  "pq_bitpack_w0.parquet": /a run of 17179869168 values in a page that has 4 left/,
  "pq_def_rle_2e27.parquet": /a run of 134217728 values in a page that has 4 left/,
  "pq_def_rle_2e31.parquet": /a run of 2147483647 values in a page that has 4 left/,
  "pq_delta_prefix.parquet": /its 259 bytes unpack to more than 64,025,900/,
  "pq_nulls_1Mx100.parquet": /describes 100,000,000 values in 6,624 bytes/,
  "pq_proto_col.parquet": /^2 rows$/,
  "pq_thrift_lists.parquet": /a list claims 33554431 elements in 115 bytes/,
};

/** A thread that is ready, and then does this with its job. */
const thread = (work: string) =>
  new URL(
    `data:text/javascript,${encodeURIComponent(
      `import { parentPort } from "node:worker_threads";
       parentPort.postMessage({ type: "ready" });
       parentPort.on("message", () => { ${work} });`,
    )}`,
  );
const small = [{ name: "a.parquet", files: [text("a.parquet", "PAR1")] }];

test("a file that takes too long is stopped with an error", async () => {
  const start = performance.now();
  await expect(nodeParser(thread("for (;;);")).readTables(small)).rejects.toMatchObject({
    code: "E-FILE-8",
    message: expect.stringMatching(
      /^"a\.parquet" took more than 0\.8 s to read, far more than the size/,
    ),
  });
  expect(performance.now() - start).toBeLessThan(10_000);
});

test("a file that takes too much memory is stopped with an error, and the process survives", async () => {
  // On a busy machine, time is up before memory.
  const buffers = "const kept = []; for (;;) kept.push(new Uint8Array(4_000_000).fill(1));";
  await expect(nodeParser(thread(buffers)).readTables(small)).rejects.toMatchObject({
    code: "E-FILE-8",
    message: expect.stringMatching(/^"a\.parquet" took more than (0\.8 s|256 MB)/),
  });
  const objects = "const kept = []; for (;;) kept.push(new Array(1000).fill(kept));";
  await expect(nodeParser(thread(objects)).readTables(small)).rejects.toMatchObject({
    code: "E-FILE-8",
    message: expect.stringMatching(/^"a\.parquet" took more than (0\.8 s|256 MB)/),
  });
});

test("a thread that fails, and one that is cancelled, end the job", async () => {
  await expect(
    nodeParser(thread("throw new Error('a bug')")).readTables(small),
  ).rejects.toMatchObject({
    code: "E-FILE-8",
    message: expect.stringContaining("the reader failed (a bug)"),
  });
  const cancel = new AbortController();
  const reading = nodeParser(thread("")).readTables(small, { signal: cancel.signal });
  cancel.abort(new Error("cancelled"));
  await expect(reading).rejects.toThrow("cancelled");
});
