import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import * as nodeFiles from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterAll, afterEach, expect, test } from "vitest";
import { openFolderForReading, openFolderStore } from "./folderStore.ts";
import { isBeingWritten } from "./writerLock.ts";

const base = await nodeFiles.mkdtemp(join(tmpdir(), "zeroth-processes-"));
afterAll(() => nodeFiles.rm(base, { recursive: true }));
const newRoot = () => join(base, crypto.randomUUID());

const running = new Set<ChildProcess>();
afterEach(() => {
  for (const child of running) child.kill("SIGKILL");
  running.clear();
});

/** A process of `writerProcess.ts`; its lines are collected until it ends. */
class Writer {
  readonly lines: string[] = [];
  readonly ended: Promise<number | null>;
  error = "";
  readonly #child: ChildProcess;
  readonly #waiting: { count: number; resolve: () => void }[] = [];

  constructor(root: string, most?: number) {
    const script = join(import.meta.dirname, "testing", "writerProcess.ts");
    const args = ["--import", import.meta.resolve("tsx"), script, root];
    if (most !== undefined) args.push(String(most));
    this.#child = spawn(process.execPath, args, { stdio: ["ignore", "pipe", "pipe"] });
    running.add(this.#child);
    const { stdout, stderr } = this.#child;
    if (stdout) {
      createInterface({ input: stdout }).on("line", (line) => {
        this.lines.push(line);
        for (const { count, resolve } of this.#waiting) if (this.lines.length >= count) resolve();
      });
    }
    stderr?.on("data", (data) => (this.error += String(data)));
    this.ended = once(this.#child, "close").then(([code]) => {
      running.delete(this.#child);
      return typeof code === "number" ? code : null;
    });
  }

  /** Until it has printed so many lines, or ended. */
  async printed(count: number): Promise<void> {
    const enough = new Promise<void>((resolve) => {
      if (this.lines.length >= count) resolve();
      else this.#waiting.push({ count, resolve });
    });
    await Promise.race([enough, this.ended]);
  }

  kill(): Promise<unknown> {
    this.#child.kill("SIGKILL");
    return this.ended;
  }

  /** The last transaction that it reported as kept. */
  get acknowledged(): number {
    return Number(this.lines.slice(1).at(-1) ?? 0);
  }
}

/** Reads all a writer changes together, and complains about what belongs to two moments. */
async function readOnce(root: string, from = 0): Promise<number> {
  const store = await openFolderForReading(root);
  const runs = await store.entries("runs");
  const [a, b] = runs.map(([, value]) => ("n" in value ? Number(value["n"]) : 0));
  if (a !== b) throw new Error(`Two moments: run a is at ${a}, run b at ${b}.`);
  const n = a ?? 0;
  if (n < from) throw new Error(`Went back from ${from} to ${n}.`);
  const chunks = await store.keys("chunks");
  if (chunks.length !== (n === 0 ? chunks.length : 2)) throw new Error(`Chunks: ${chunks}.`);
  const [first, second] = (await store.entries("chunks")).map(([key]) => key.split("/")[0]);
  if (first !== second) throw new Error(`Two moments: chunks of ${first} and ${second}.`);
  const journal = (await store.keys("journal")).length;
  if (journal < n) throw new Error(`${n - journal} of ${n} transactions are missing.`);
  return n;
}

test("loses no acknowledged write beside many readers, none of which sees half a transaction", async () => {
  const root = newRoot();
  const writer = new Writer(root);
  await writer.printed(2);
  let isOver = false;
  const readers = Array.from({ length: 4 }, async () => {
    let seen = 0;
    let reads = 0;
    for (; !isOver; reads++) seen = await readOnce(root, seen);
    return reads;
  });
  await writer.printed(150);
  await writer.kill();
  isOver = true;
  for (const reads of await Promise.all(readers)) expect(reads).toBeGreaterThan(5);
  expect(writer.error).toBe("");
  expect(writer.acknowledged).toBeGreaterThanOrEqual(149);
  const n = await readOnce(root);
  expect([writer.acknowledged, writer.acknowledged + 1]).toContain(n);
});

test("keeps every acknowledged write when the writer is killed at any moment, again and again", async () => {
  const root = newRoot();
  let kept = 0;
  for (let round = 0; round < 8; round++) {
    const writer = new Writer(root);
    await writer.printed(2 + (round % 3));
    await new Promise((resolve) => setTimeout(resolve, 40 * Math.random()));
    await writer.kill();
    expect(writer.error).toBe("");
    const acknowledged = Math.max(writer.acknowledged, kept);
    const found = await readOnce(root);
    expect([acknowledged, acknowledged + 1]).toContain(found);
    kept = found;
  }
});

test("refuses a second writer in one sentence, and lets it in when the first is killed", async () => {
  const root = newRoot();
  const first = new Writer(root);
  await first.printed(1);
  const second = new Writer(root, 1);
  expect(await second.ended).toBe(1);
  expect(second.error).toMatch(
    /^Another process \(\d+ on .+\) is writing to .+\. Wait for it to end, or use another folder\. Nothing was changed\.\n$/,
  );
  await first.kill();
  const third = new Writer(root, 1);
  expect(await third.ended).toBe(0);
  expect(third.acknowledged).toBeGreaterThan(first.acknowledged);
  expect(await nodeFiles.readdir(join(root, "writers"))).toEqual([]);
});

test("refuses a second writer of the same process until the first is closed", async () => {
  const root = newRoot();
  const first = await openFolderStore(root);
  await expect(openFolderStore(root)).rejects.toMatchObject({ code: "E-STORE-6" });
  await first.close();
  await (await openFolderStore(root)).close();
});

/** A folder with the lock file of another writer in it, as old as given. */
async function lockedBy(writer: object | string, ageSeconds = 0): Promise<string> {
  const root = newRoot();
  await nodeFiles.mkdir(join(root, "writers"), { recursive: true });
  const path = join(root, "writers", "other.json");
  await nodeFiles.writeFile(path, typeof writer === "string" ? writer : JSON.stringify(writer));
  const time = Date.now() / 1000 - ageSeconds;
  await nodeFiles.utimes(path, time, time);
  return root;
}

const opens = async (root: string) => {
  const store = await openFolderStore(root);
  await store.close();
};

test("takes over from a writer of this machine as soon as its process is gone", async () => {
  const child = spawn(process.execPath, ["-e", ""]);
  await once(child, "exit");
  const [own] = await nodeFiles.readdir("/proc/self/ns").catch(() => []);
  const here = await describedHere();
  await opens(await lockedBy({ ...here, pid: child.pid }));
  // Its id belongs to another process by now, which started at another time.
  if (own !== undefined) await opens(await lockedBy({ ...here, started: "1" }));
});

test("takes over from a writer of another machine, or one that died as it began, after a minute of silence", async () => {
  for (const writer of [
    { pid: 1, host: "elsewhere", system: null, started: null },
    '{"pid":',
  ] as const) {
    await expect(opens(await lockedBy(writer, 30))).rejects.toMatchObject({ code: "E-STORE-6" });
    await opens(await lockedBy(writer, 90));
  }
});

test("writes nothing more once another writer took over", async () => {
  const root = newRoot();
  const first = await openFolderStore(root);
  const [own] = await nodeFiles.readdir(join(root, "writers"));
  await nodeFiles.rm(join(root, "writers", own ?? ""));
  const second = await openFolderStore(root);
  const put = { type: "put", table: "runs", key: "a", value: { n: 1 } } as const;
  await expect(first.transact([put])).rejects.toMatchObject({ code: "E-STORE-6" });
  await second.transact([put]);
  await expect(first.get("runs", "a")).rejects.toMatchObject({ code: "E-STORE-6" });
  await first.close();
  await second.close();
});

/** What a lock file of this process holds. */
async function describedHere(): Promise<object> {
  const root = newRoot();
  const store = await openFolderStore(root);
  const [own] = await nodeFiles.readdir(join(root, "writers"));
  const text = await nodeFiles.readFile(join(root, "writers", own ?? ""), "utf8");
  await store.close();
  const described: unknown = JSON.parse(text);
  expect(described).toMatchObject({ pid: process.pid, host: hostname() });
  return Object(described);
}

test.runIf(process.platform === "linux")(
  "a writer that ended is dead even before its parent has collected it",
  async () => {
    // The shell becomes a `sleep` that never waits for the process it started.
    const parent = spawn("sh", ["-c", "sleep 0.2 & echo $!; exec sleep 60"]);
    running.add(parent);
    const [line] = await once(parent.stdout, "data");
    const pid = Number(String(line));
    const statOf = async () => {
      const text = await nodeFiles.readFile(`/proc/${pid}/stat`, "utf8");
      return text.slice(text.lastIndexOf(")") + 2).split(" ");
    };
    const boot = await nodeFiles.readFile("/proc/sys/kernel/random/boot_id", "utf8");
    const system = `${boot.trim()} ${await nodeFiles.readlink("/proc/self/ns/pid")}`;
    const writer = { pid, host: hostname(), system, started: (await statOf())[19] };
    const root = newRoot();
    await nodeFiles.mkdir(join(root, "writers"), { recursive: true });
    await nodeFiles.writeFile(join(root, "writers", "a.json"), JSON.stringify(writer));
    expect(await isBeingWritten(root)).toBe(true);
    while ((await statOf())[0] !== "Z") await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await isBeingWritten(root)).toBe(false);
    await (await openFolderStore(root)).close();
  },
);
