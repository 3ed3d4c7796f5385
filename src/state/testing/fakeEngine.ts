import type { Failure } from "#base/errors.ts";
import type { RunRecord, RunStatus } from "#run/store/records.ts";
import type { Command, EngineEvent } from "#session/protocol.ts";
import type { DataReport, DeviceReport, ModelReport, RunSummary } from "#session/reports.ts";
import type { EnginePort } from "../client.ts";
import { queuedRuns } from "../setup/queuePlan.ts";
import { METHOD_KEY } from "../setup/settingsForm.ts";
import { fakeCatalogue } from "./fakeCatalogue.ts";
import { FakeRows } from "./fakeData.ts";
import { fakeExampleEvents } from "./fakeExamples.ts";
import { fakeHubEvents } from "./fakeHub.ts";
import { fakeKernelEvents } from "./fakeKernels.ts";
import { evaluation, fakeDevice, fakeMemory, fakeModel, fakeRecord } from "./fakeReports.ts";
import { newRecord, reportOf, stepOf } from "./fakeRun.ts";
import { fakeImport, fakeShare } from "./fakeSharing.ts";
import { fakeSparsity } from "./fakeSteps.ts";
import { fakeWriting } from "./fakeWriting.ts";

/** How a scripted engine behaves. What is left out goes well. */
export interface Script {
  readonly device?: DeviceReport;
  readonly model?: ModelReport;
  readonly data?: DataReport;
  readonly runs?: readonly RunSummary[];
  /** Refusals by command. */
  readonly refusals?: Readonly<Partial<Record<Command["type"], Failure>>>;
  readonly stepsPerTick?: number;
  /** The run holds itself here, for a picture of a run half done. */
  readonly stopsAt?: number;
  readonly endStatus?: RunStatus;
  /** The probe stops answering after so many rates, for a picture of one under way. */
  readonly probeStopsAt?: number;
}

const TICK_MS = 60;
const EVALUATE_EVERY = 50;
const LONG_COMMANDS = ["startRun", "resumeRun", "runQueue", "probeLearningRates", "write"];

/** An engine that trains nothing: it answers every command with made-up reports, in order. */
export class FakeEngine implements EnginePort {
  onmessage: EnginePort["onmessage"] = null;
  onerror: EnginePort["onerror"] = null;
  readonly received: Command[] = [];
  readonly #script: Script;
  #runs: readonly RunSummary[];
  readonly #rows: FakeRows;
  #record: RunRecord | null = null;
  #step = 0;
  #ticker: ReturnType<typeof setInterval> | null = null;
  #runCommand: number | null = null;
  #travelledTo: number | null = null;
  #isQueueOn = false;
  #stopWriting: (() => void) | null = null;
  #probe: { readonly id: number; readonly ticker: ReturnType<typeof setInterval> } | null = null;

  constructor(script: Script = {}) {
    this.#script = script;
    this.#runs = script.runs ?? [];
    this.#rows = new FakeRows(script.data);
  }

  postMessage(command: Command): void {
    this.received.push(command);
    // As a worker would: never within the call.
    setTimeout(() => this.#answer(command), 0);
  }

  emit(event: EngineEvent): void {
    this.onmessage?.(new MessageEvent("message", { data: event }));
  }

  #answer(command: Command): void {
    const refusal = this.#script.refusals?.[command.type];
    if (refusal) {
      this.emit({ type: "failed", id: command.id, failure: refusal });
      return;
    }
    const isLong = LONG_COMMANDS.includes(command.type);
    if (isLong && !["probeLearningRates", "write"].includes(command.type))
      this.#runCommand = command.id;
    this.#perform(command);
    if (!isLong) this.emit({ type: "done", id: command.id });
  }

  #perform(command: Command): void {
    for (const event of fakeHubEvents(command)) this.emit(event);
    for (const event of fakeExampleEvents(command, this.#record)) this.emit(event);
    for (const event of fakeKernelEvents(command)) this.emit(event);
    switch (command.type) {
      case "checkDevice":
        this.emit({ type: "device", device: this.#script.device ?? fakeDevice });
        this.emit({ type: "catalogue", catalogue: fakeCatalogue });
        this.emit({ type: "runs", runs: this.#runs });
        return;
      case "openModel":
        this.#put(null);
        this.emit({ type: "model", model: this.#script.model ?? fakeModel });
        return;
      case "openData":
      case "setTask":
      case "setRules":
      case "previewRow":
        this.emit(this.#rows.answer(command));
        return;
      case "startRun":
        this.#start(newRecord("fresh", command.name, command.settings, "calibrating"));
        return;
      case "runQueue":
        this.#isQueueOn = true;
        this.#startNextQueued();
        return;
      case "cancel":
        this.#isQueueOn = false;
        this.#endProbe();
        this.#stopWriting?.();
        return;
      case "probeLearningRates":
        this.#probeRates(command.id);
        return;
      case "travelTo":
        this.#travel(command.step);
        return;
      case "resumeRun":
        this.#go();
        return;
      case "pauseRun":
        this.#hold("paused");
        return;
      case "stopRun":
        this.#hold("finished");
        return;
      case "predict":
        this.#predict(command.values);
        return;
      case "openRun":
      case "viewRun":
        this.#show(command.runId, command.type === "openRun");
        return;
      case "exportLog":
      case "exportModel":
        this.emit({ type: "file", name: "run.txt", blob: new Blob(["made up"]) });
        return;
      default:
        if (!this.#share(command) && !this.#write(command)) this.#keep(command);
        return;
    }
  }

  /** Whether the command was one to write. */
  #write(command: Command): boolean {
    if (command.type !== "write") return false;
    const tell = (event: EngineEvent) => this.emit(event);
    this.#stopWriting = fakeWriting(command.request, TICK_MS, tell, () => {
      this.#stopWriting = null;
      this.emit({ type: "done", id: command.id });
    });
    return true;
  }

  /** Whether the command was one of sharing, or asks for the plan of memory. */
  #share(command: Command): boolean {
    if (command.type === "readSettings") this.emit({ type: "imported", imported: fakeImport });
    else if (command.type === "shareRun") {
      this.emit({ type: "shared", share: { ...fakeShare, runId: command.runId } });
    } else if (command.type === "openBundle") this.#openBundle();
    else if (command.type === "planMemory") this.emit({ type: "memory", memory: fakeMemory });
    else return false;
    return true;
  }

  #openBundle(): void {
    const record = { ...fakeRecord, id: "bundled", isFromBundle: true, status: "paused" } as const;
    this.#runs = [{ record, sizeBytes: 40_000, isLockedElsewhere: false }, ...this.#runs];
    this.emit({ type: "runs", runs: this.#runs });
    this.#show(record.id, true);
    this.emit({ type: "bundle", runId: record.id, isAsRecorded: true });
  }

  #keep(command: Command): void {
    if (command.type === "queueRun") {
      const id = `queued-${this.#runs.length}`;
      const createdAt = new Date(Date.UTC(2026, 3, 1) + this.#runs.length * 1000).toISOString();
      const record = {
        ...newRecord(id, command.name, command.settings, "queued"),
        createdAt,
      };
      this.#runs = [{ record, sizeBytes: 1_200_000, isLockedElsewhere: false }, ...this.#runs];
    } else if (command.type === "deleteRun") {
      const size = this.#runs.find(({ record }) => record.id === command.runId)?.sizeBytes ?? 0;
      this.#runs = this.#runs.filter(({ record }) => record.id !== command.runId);
      if (this.#record?.id === command.runId) this.#put(null);
      this.emit({ type: "deleted", runId: command.runId, freedBytes: size });
    } else if (command.type === "renameRun") {
      this.#change(command.runId, { name: command.name });
    } else if (command.type === "noteRun") {
      this.#change(command.runId, { note: command.note });
    }
    this.emit({ type: "runs", runs: this.#runs });
  }

  #change(runId: string, change: Partial<RunRecord>): void {
    this.#runs = this.#runs.map((run) =>
      run.record.id === runId ? { ...run, record: { ...run.record, ...change } } : run,
    );
    if (this.#record?.id === runId) this.#record = { ...this.#record, ...change };
  }

  #start(record: RunRecord): void {
    this.#step = 0;
    this.#travelledTo = null;
    const zeroShot = evaluation(0, Math.LN2, 0.51);
    this.#put({ ...record, zeroShot, status: "calibrating" });
    this.#report();
    this.emit({ type: "evaluation", runId: record.id, evaluation: zeroShot });
    this.#go();
  }

  #startNextQueued(): void {
    const [next] = queuedRuns(this.#runs);
    if (next) this.#start(next.record);
    else this.#settleRun();
  }

  #probeRates(id: number): void {
    const rates = [1e-6, 3e-6, 1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2];
    this.#put(null);
    const losses = [0.6929, 0.6921, 0.6902, 0.6841, 0.6702, 0.6388, 0.6951, 2.31, null];
    let tried = 0;
    const ticker = setInterval(() => {
      if (tried === this.#script.probeStopsAt) return;
      tried += 1;
      const isDone = tried === rates.length;
      const points = rates
        .slice(0, tried)
        .map((learningRate, i) => ({ learningRate, loss: losses[i] ?? null }));
      this.emit({
        type: "learningRates",
        probe: {
          points,
          lossBefore: Math.LN2,
          stepsEach: 20,
          rows: 64,
          suggested: isDone ? 3e-4 : null,
          isDone,
        },
      });
      if (isDone) this.#endProbe();
    }, TICK_MS);
    this.#probe = { id, ticker };
  }

  #endProbe(): void {
    if (!this.#probe) return;
    clearInterval(this.#probe.ticker);
    this.emit({ type: "done", id: this.#probe.id });
    this.#probe = null;
  }

  #travel(step: number | null): void {
    const record = this.#record;
    if (!record) return;
    this.#travelledTo = step === record.step ? null : step;
    this.#report();
    if (step === null) return;
    const trend = 1 - Math.exp(-step / 140);
    const scored = evaluation(step, Math.LN2 - 0.36 * trend, (102 + Math.round(78 * trend)) / 200);
    this.emit({ type: "travelled", runId: record.id, evaluation: scored });
  }

  #go(): void {
    this.#travelledTo = null;
    if (this.#record) this.#record = { ...this.#record, status: "running" };
    this.#ticker ??= setInterval(() => this.#tick(), TICK_MS);
    this.#report();
  }

  #tick(): void {
    const record = this.#record;
    if (!record) return;
    const { stepsPerTick = 4, stopsAt = 400, endStatus = "finished" } = this.#script;
    const steps = Array.from({ length: stepsPerTick }, () => {
      this.#step += 1;
      return stepOf(record, this.#step);
    });
    this.emit({ type: "steps", runId: record.id, steps });
    this.#record = { ...record, step: this.#step, seconds: this.#step / 9.6 };
    if (this.#step % EVALUATE_EVERY === 0) this.#evaluate();
    if (this.#step >= stopsAt) this.#hold(endStatus);
    else this.#report();
  }

  #evaluate(): void {
    if (!this.#record) return;
    const { id, settings } = this.#record;
    if (settings[METHOD_KEY] === "sparse_mezo") {
      this.emit({ type: "sparsity", runId: id, sparsity: fakeSparsity(this.#step) });
    }
    const trend = 1 - Math.exp(-this.#step / 140);
    const taken = evaluation(
      this.#step,
      Math.LN2 - 0.36 * trend,
      Math.round(102 + 78 * trend) / 200,
    );
    const { best = taken } = this.#record;
    this.#record = {
      ...this.#record,
      lastEvaluation: taken,
      best: taken.loss < best.loss ? taken : best,
    };
    this.emit({ type: "evaluation", runId: this.#record.id, evaluation: taken });
  }

  #hold(status: RunStatus): void {
    if (this.#ticker !== null && status !== "running") {
      clearInterval(this.#ticker);
      this.#ticker = null;
    }
    if (this.#record) this.#record = { ...this.#record, status };
    this.#report();
    if (status === "running") return;
    const ended = this.#record;
    if (ended) this.#change(ended.id, ended);
    if (this.#isQueueOn && status === "finished") this.#startNextQueued();
    else this.#settleRun();
  }

  #settleRun(): void {
    this.#isQueueOn = false;
    if (this.#runCommand === null) return;
    this.emit({ type: "done", id: this.#runCommand });
    this.#runCommand = null;
  }

  /** As the session: the page is told which run is on the GPU. */
  #put(record: RunRecord | null): void {
    this.#record = record;
    this.emit({ type: "live", runId: record?.id ?? null });
  }

  #report(): void {
    if (!this.#record) return;
    this.emit({ type: "run", run: reportOf(this.#record, this.#travelledTo) });
  }

  #show(runId: string, isOpened: boolean): void {
    const record = this.#runs.find((run) => run.record.id === runId)?.record;
    if (!record) return;
    if (isOpened) {
      this.#put(record);
      this.#step = record.step;
      this.#travelledTo = null;
    }
    this.emit({ type: "run", run: reportOf(record, null) });
    const steps = Array.from({ length: record.step }, (_, i) => stepOf(record, i + 1));
    const last = record.lastEvaluation;
    const evaluations = [0, 0.25, 0.5, 0.75, 1].map((share) => {
      const step = Math.round(record.step * share);
      const { forwardPasses } = steps[step - 1] ?? { forwardPasses: 0 };
      const gain = ((last?.accuracy ?? 0.88) - 0.51) * Math.sqrt(share);
      return { ...evaluation(step, 0.69 - 0.9 * gain, 0.51 + gain), forwardPasses };
    });
    this.emit({ type: "history", runId, steps, evaluations: record.step > 0 ? evaluations : [] });
    if (record.settings[METHOD_KEY] === "sparse_mezo") {
      this.emit({ type: "sparsity", runId, sparsity: fakeSparsity(record.step) });
    }
  }

  #predict(values: Readonly<Record<string, string>>): void {
    this.emit({
      type: "prediction",
      prediction: {
        values,
        options: [
          { label: "0", word: " terrible", before: 0.53, after: 0.08 },
          { label: "1", word: " great", before: 0.47, after: 0.92 },
        ],
      },
    });
  }
}
