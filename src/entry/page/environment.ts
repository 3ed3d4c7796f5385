import { createLibrary } from "#hub/library.ts";
import type { Environment } from "#session/environment.ts";
import type { EngineEvent } from "#session/protocol.ts";
import { openIndexedDbStore } from "#storage/indexedDbStore.ts";
import { filesOfRun, openRunFiles } from "#storage/runFiles.ts";
import { demoAssets } from "./demo.ts";
import { webLocks } from "./locks.ts";
import { webModelLocks } from "./modelLocks.ts";
import { openOpfsCache } from "./opfsCache.ts";
import { webParser } from "./parser.ts";
import { shaders } from "./shaders.ts";
import { broadcastTabs } from "./tabs.ts";

/** The environment of a session in a browser's worker. */
export function browserEnvironment(emit: (event: EngineEvent) => void): Environment {
  return {
    gpu: "gpu" in navigator ? navigator.gpu : undefined,
    sources: shaders,
    openStore: () => openIndexedDbStore(),
    demo: demoAssets(new URL("./demo/", pageAddress())),
    hub: createLibrary({
      cache: openOpfsCache(() => navigator.storage.getDirectory()),
      fetch: (url, init) => fetch(url, init),
      isOnline: () => navigator.onLine,
      whenOnline,
      sleep,
      now: () => performance.now(),
      date: () => new Date(),
    }),
    parser: webParser(),
    locks: webLocks(navigator.locks),
    modelLocks: webModelLocks(navigator.locks),
    tabs: broadcastTabs(new BroadcastChannel("zeroth:runs")),
    now: () => performance.now(),
    date: () => new Date(),
    newId: () => crypto.randomUUID(),
    freeBytes: async () => {
      const { quota, usage } = await navigator.storage.estimate();
      return quota === undefined ? null : quota - (usage ?? 0);
    },
    runFiles: { open: openRunFiles, filesOf: filesOfRun },
    emit,
  };
}

/** Address of the page's folder. The worker's script is in `assets/` of a build, elsewhere in development. */
function pageAddress(): URL {
  return new URL(import.meta.env.DEV ? "/" : "../", self.location.href);
}

function whenOnline(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    self.addEventListener("online", () => resolve(), { once: true, signal });
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    const end = () => {
      clearTimeout(timer);
      resolve();
    };
    signal.addEventListener("abort", end, { once: true });
  });
}
