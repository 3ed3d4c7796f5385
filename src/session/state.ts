import { ZerothError } from "#base/errors.ts";
import type { ActiveRun } from "./activeRun.ts";
import { Downloads } from "./downloads.ts";
import type { Environment } from "./environment.ts";
import { GpuHolder } from "./gpuHolder.ts";
import type { OpenData } from "./openData.ts";
import type { OpenModel } from "./openModel.ts";
import type { Progress } from "./reports.ts";
import { Schedule } from "./schedule.ts";
import { SessionStorage } from "./sessionStorage.ts";

/** The state of a session. Each member owns a part of it and is the only one to change that part. */
export interface SessionState {
  readonly env: Environment;
  readonly gpu: GpuHolder;
  readonly storage: SessionStorage;
  readonly schedule: Schedule;
  readonly downloads: Downloads;
  readonly workspace: Workspace;
}

export function createState(env: Environment): SessionState {
  const storage = new SessionStorage(env);
  return {
    env,
    gpu: new GpuHolder(env),
    storage,
    schedule: new Schedule(),
    downloads: new Downloads(env),
    workspace: new Workspace(env, storage),
  };
}

/** The open model, data and run. A run uses the model, so closing the model closes the run first. */
export class Workspace {
  readonly #env: Environment;
  readonly #storage: SessionStorage;
  #model: OpenModel | null = null;
  #modelFolder: string | null = null;
  #data: OpenData | null = null;
  #run: ActiveRun | null = null;

  constructor(env: Environment, storage: SessionStorage) {
    this.#env = env;
    this.#storage = storage;
  }

  get model(): OpenModel | null {
    return this.#model;
  }

  /** Folder of the download that the model was read from, if it was. */
  get modelFolder(): string | null {
    return this.#modelFolder;
  }

  get data(): OpenData | null {
    return this.#data;
  }

  get run(): ActiveRun | null {
    return this.#run;
  }

  /** @throws ZerothError E-OPEN-1 if no model is open */
  requireModel(): OpenModel {
    if (this.#model) return this.#model;
    throw new ZerothError("E-OPEN-1", "No model is open. Open one first.");
  }

  /** @throws ZerothError E-OPEN-1 if no data is open */
  requireData(): OpenData {
    if (this.#data) return this.#data;
    throw new ZerothError("E-OPEN-1", "No data is open. Open some first.");
  }

  /** @throws ZerothError E-OPEN-1 if no run is on the GPU */
  requireRun(): ActiveRun {
    if (this.#run) return this.#run;
    throw new ZerothError("E-OPEN-1", "No run is open on the GPU.");
  }

  setModel(model: OpenModel, folder: string | null = null): void {
    this.#model = model;
    this.#modelFolder = folder;
  }

  setData(data: OpenData | null): void {
    this.#data = data;
  }

  setRun(run: ActiveRun | null): void {
    this.#run = run;
    this.#env.emit({ type: "live", runId: run?.record.id ?? null });
  }

  /** Frees the GPU memory and the lock of the open run. */
  closeRun(): void {
    if (!this.#run) return;
    this.#run.close();
    this.setRun(null);
  }

  closeModel(): void {
    this.closeRun();
    this.#model?.destroy();
    this.#model = null;
    this.#modelFolder = null;
    this.#storage.releaseModel();
  }
}

export function reportProgress({ env }: Pick<SessionState, "env">): (progress: Progress) => void {
  return (progress) => env.emit({ type: "progress", progress });
}

/** Progress of an evaluation that the `cancel` command stops. */
export function evaluationProgress(
  session: SessionState,
  label: string,
  total: number,
): { readonly onProgress: (done: number) => void; readonly isStopped: () => boolean } {
  const report = reportProgress(session);
  return {
    onProgress: (done) => report({ label, done, total, unit: "examples" }),
    isStopped: () => session.schedule.isCancelled,
  };
}
