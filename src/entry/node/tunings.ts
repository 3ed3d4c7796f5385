import { homedir } from "node:os";
import { join } from "node:path";
import { toFailure } from "#base/errors.ts";
import { openRunStore, type RunStore } from "#run/store/runStore.ts";
import type { Store } from "#run/store/store.ts";
import { openFolderForReading, openFolderStore } from "#storage/folderStore.ts";
import { memoryStore } from "#storage/memoryStore.ts";

/** @see XDG Base Directory Specification, XDG_CACHE_HOME */
export const tuningFolder = join(
  process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"),
  "zeroth",
);

type Tunings = Pick<RunStore["tunings"], "load" | "save">;

/**
 * Opens the kernel measurements of this machine's GPUs, which are stored from one command to the next. The folder
 * is locked during a save only, because several commands may run at once. If it cannot be used, `tell` receives
 * a message and the next command measures again.
 */
export async function openTunings(
  folder = tuningFolder,
  tell: (sentence: string) => void = (sentence) => console.error(sentence),
): Promise<{ readonly tunings: Tunings }> {
  const now = () => new Date();
  const inMemory = openRunStore(memoryStore(), now).tunings;
  const using = async <T>(opening: Promise<Store>, action: (tunings: Tunings) => Promise<T>) => {
    const store = await opening;
    try {
      return await action(openRunStore(store, now).tunings);
    } finally {
      await store.close();
    }
  };
  return {
    tunings: {
      load: (key) =>
        using(openFolderForReading(folder), (tunings) => tunings.load(key)).catch(() => null),
      save: (key, found) =>
        using(openFolderStore(folder), (tunings) => tunings.save(key, found)).catch(
          (error: unknown) => {
            tell(
              `Kernel measurements were not saved, so the next start measures again: ${toFailure(error).message}`,
            );
            return inMemory.save(key, found);
          },
        ),
    },
  };
}
