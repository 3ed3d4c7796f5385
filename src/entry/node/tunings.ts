import { homedir } from "node:os";
import { join } from "node:path";
import { toFailure } from "#base/errors.ts";
import { openRunStore, type RunStore } from "#run/store/runStore.ts";
import { openFolderStore } from "#storage/folderStore.ts";
import { memoryStore } from "#storage/memoryStore.ts";

/** @see XDG Base Directory Specification, XDG_CACHE_HOME */
export const tuningFolder = join(
  process.env["XDG_CACHE_HOME"] || join(homedir(), ".cache"),
  "zeroth",
);

/**
 * Measurements of this machine's GPUs, kept from one command to the next as the page keeps its own. A
 * folder that cannot be used costs a measurement at every start and nothing else: `tell` is told.
 */
export async function openTunings(
  folder = tuningFolder,
  tell: (sentence: string) => void = (sentence) => console.error(sentence),
): Promise<Pick<RunStore, "tunings">> {
  const now = () => new Date();
  const forgetful = openRunStore(memoryStore(), now).tunings;
  const complain = (error: unknown) =>
    tell(`Measurements are not kept, the next start makes them again: ${toFailure(error).message}`);
  try {
    const { tunings } = openRunStore(await openFolderStore(folder), now);
    return {
      tunings: {
        ...tunings,
        load: (key) => tunings.load(key).catch(() => null),
        save: (key, found) =>
          tunings.save(key, found).catch((error: unknown) => {
            complain(error);
            return forgetful.save(key, found);
          }),
      },
    };
  } catch (error) {
    complain(error);
    return { tunings: forgetful };
  }
}
