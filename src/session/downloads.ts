import { toFailure } from "#base/errors.ts";
import type { Environment } from "./environment.ts";
import type { DownloadReport, HubChoice, LibraryEntry } from "./hubReports.ts";

interface Download {
  readonly abort: AbortController;
  report: DownloadReport | null;
  /** Settles with the download, never rejects. */
  readonly ended: Promise<void>;
}

/** Current downloads, by folder. They run beside everything else. */
export class Downloads {
  readonly #env: Pick<Environment, "hub" | "emit">;
  readonly #ongoing = new Map<string, Download>();

  constructor(env: Pick<Environment, "hub" | "emit">) {
    this.#env = env;
  }

  /**
   * Downloads a model or data set that was described before, unless that is running; resolves at its end, or
   * when it is paused.
   *
   * @param splits of a data set
   */
  async download(folder: string, splits: readonly string[], hub: HubChoice): Promise<void> {
    if (this.#ongoing.has(folder)) return;
    const abort = new AbortController();
    const loading = this.#env.hub.download(folder, splits, hub, abort.signal, (report) => {
      const ongoing = this.#ongoing.get(folder);
      if (ongoing) ongoing.report = report;
      this.#report();
    });
    this.#ongoing.set(folder, { abort, report: null, ended: loading.catch(() => {}) });
    try {
      await loading;
    } catch (error) {
      // Paused by the user: nothing failed.
      if (!abort.signal.aborted) throw error;
    } finally {
      this.#ongoing.delete(folder);
      this.#report();
      await this.reportLibrary().catch((error: unknown) =>
        this.#env.emit({ type: "notice", failure: toFailure(error), kind: "problem" }),
      );
    }
  }

  async pause(folder: string): Promise<void> {
    const ongoing = this.#ongoing.get(folder);
    ongoing?.abort.abort();
    await ongoing?.ended;
  }

  /** @throws ZerothError E-STORE-3 if nothing can be stored; the known models are still reported */
  async reportLibrary(): Promise<void> {
    const { hub } = this.#env;
    const report = (entries: readonly LibraryEntry[]) =>
      this.#env.emit({ type: "library", library: { known: hub.known, entries } });
    try {
      report(await hub.list());
    } catch (error) {
      report([]);
      throw error;
    }
  }

  #report(): void {
    const reports = [...this.#ongoing.values()].flatMap(({ report }) => report ?? []);
    this.#env.emit({ type: "downloads", downloads: reports });
  }
}
