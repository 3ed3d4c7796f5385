import { mkdir, open, readdir, readFile, readlink, rm, stat, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { ZerothError } from "#base/errors.ts";

/** The right of one process to write to a folder. */
export interface WriterLock {
  /** @throws ZerothError E-STORE-6 if another process has taken over */
  check(): Promise<void>;
  release(): Promise<void>;
}

/** Folder with a file for each process that writes, or is about to find out whether it may. */
const WRITERS = "writers";

/** A writer shows this often that it lives, and counts as dead after missing several turns. */
const BEAT_MS = 10_000;
const DEAD_AFTER_MS = 60_000;

/** A writer that ends at this moment, or looks whether it may begin, is waited for. */
const ATTEMPTS = 6;
const PAUSE_MS = 100;

/**
 * Locks a folder for writing, until it is released or this process ends.
 *
 * Every process that wants to write puts a file of its own into `writers/` and only then looks for
 * files of other living processes. Two that come at the same time see each other, so at most one
 * proceeds. No file name is used twice, so the file of a dead process can be removed by anyone.
 *
 * Whether a process of this machine lives, the operating system says. On Linux the time it started
 * is compared too, because a process id may be used again. Elsewhere, and for a process of another
 * machine on a shared disk, the age of the file decides.
 *
 * @throws ZerothError E-STORE-6 if another process writes to the folder
 */
export async function lockForWriting(root: string): Promise<WriterLock> {
  const folder = join(root, WRITERS);
  await mkdir(folder, { recursive: true });
  const self = await describeSelf();
  for (let attempt = 1; ; attempt++) {
    const own = join(folder, `${crypto.randomUUID()}.json`);
    const text = `${JSON.stringify(self)}\n`;
    await writeFile(own, text);
    const other = await livingWriter(folder, own, self);
    if (other === null) return keep(root, own, text);
    await rm(own, { force: true });
    if (attempt === ATTEMPTS) {
      throw new ZerothError(
        "E-STORE-6",
        `${other} is writing to ${root}. Wait for it to end, or use another folder. Nothing was changed.`,
      );
    }
    await sleep(PAUSE_MS * (1 + Math.random()));
  }
}

/** True if a living process writes to the folder. Changes nothing. */
export async function isBeingWritten(root: string): Promise<boolean> {
  const files = await readdir(join(root, WRITERS)).catch(() => []);
  const paths = files.map((name) => join(root, WRITERS, name));
  for await (const { isAlive } of writersAt(paths, await describeSelf(), Date.now())) {
    if (isAlive) return true;
  }
  return false;
}

/** Which process a file in `writers/` belongs to. */
interface Writer {
  readonly pid: number;
  readonly host: string;
  /** The running system and its process ids, where it names them (Linux); otherwise null. */
  readonly system: string | null;
  /** When the process started, in ticks of that system; null where it does not say. */
  readonly started: string | null;
}

function keep(root: string, own: string, text: string): WriterLock {
  // Without its file the lock is lost, which the next write reports.
  const beat = setInterval(() => void touch(own, text).catch(() => undefined), BEAT_MS);
  beat.unref();
  return {
    check: async () => {
      try {
        await stat(own);
      } catch (error) {
        if (!isMissing(error)) throw error;
        throw new ZerothError(
          "E-STORE-6",
          `Another process took over writing to ${root} while this one was stopped, so nothing ` +
            `more is saved here. What was saved before is intact.`,
        );
      }
    },
    release: async () => {
      clearInterval(beat);
      await rm(own, { force: true });
    },
  };
}

/** Sets the time of an existing file by the clock of its disk, which may be another machine's. */
async function touch(path: string, text: string): Promise<void> {
  const file = await open(path, "r+");
  try {
    await file.write(text, 0);
  } finally {
    await file.close();
  }
}

/** Names a living process other than this one's `own` file; removes the files of dead ones. */
async function livingWriter(folder: string, own: string, self: Writer): Promise<string | null> {
  const now = (await stat(own)).mtimeMs;
  const paths = (await readdir(folder)).map((name) => join(folder, name));
  const others = paths.filter((path) => path !== own);
  for await (const { path, writer, isAlive } of writersAt(others, self, now)) {
    if (isAlive) {
      return writer ? `Another process (${writer.pid} on ${writer.host})` : "Another process";
    }
    await rm(path, { force: true });
  }
  return null;
}

/** Yields the writers of these files, without files that are gone. @param now milliseconds since 1970 */
async function* writersAt(paths: readonly string[], self: Writer, now: number) {
  for (const path of paths) {
    try {
      const ageMs = now - (await stat(path)).mtimeMs;
      const writer = parseWriter(await readFile(path, "utf8"));
      yield { path, writer, isAlive: await doesLive(writer, self, ageMs) };
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  }
}

async function doesLive(writer: Writer | null, self: Writer, ageMs: number): Promise<boolean> {
  const isFresh = ageMs < DEAD_AFTER_MS;
  // Not written to its end: a process that has just begun, or one that died doing so.
  if (!writer || writer.host !== self.host || writer.system !== self.system) return isFresh;
  if (!doesExist(writer.pid)) return false;
  const started = await startOf(writer.pid);
  return started === null || writer.started === null ? isFresh : started === writer.started;
}

function doesExist(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it exists and belongs to another user.
    return error instanceof Error && "code" in error && error.code === "EPERM";
  }
}

async function describeSelf(): Promise<Writer> {
  return {
    pid: process.pid,
    host: hostname(),
    system: await runningSystem(),
    started: await startOf(process.pid),
  };
}

/** @see proc(5), random(4): the boot, and the namespace in which process ids count */
async function runningSystem(): Promise<string | null> {
  try {
    const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8");
    return `${boot.trim()} ${await readlink("/proc/self/ns/pid")}`;
  } catch {
    return null;
  }
}

/**
 * When a process started; "ended" for one that ended and that its parent has not collected yet.
 *
 * @see proc_pid_stat(5), fields 3 and 22. The name, field 2, is in parentheses and may hold some itself.
 */
async function startOf(pid: number): Promise<string | null> {
  try {
    const fields = await readFile(`/proc/${pid}/stat`, "utf8");
    const [state, ...more] = fields.slice(fields.lastIndexOf(")") + 2).split(" ");
    return state === "Z" || state === "X" ? "ended" : (more[18] ?? null);
  } catch {
    return null;
  }
}

function parseWriter(text: string): Writer | null {
  try {
    const { pid, host, system, started } = JSON.parse(text);
    const isText = (value: unknown) => value === null || typeof value === "string";
    const isWhole = Number.isInteger(pid) && pid > 0 && typeof host === "string";
    return isWhole && isText(system) && isText(started) ? { pid, host, system, started } : null;
  } catch {
    return null;
  }
}

function isMissing(error: unknown): boolean {
  return error instanceof Error && "code" in error && error.code === "ENOENT";
}

function sleep(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
