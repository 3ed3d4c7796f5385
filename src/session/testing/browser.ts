import assert from "node:assert";
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { unzipSync } from "fflate";
import type { Failure } from "#base/errors.ts";
import { type ByteSource, memorySource } from "#data/formats/byteSource.ts";
import { readSafetensors } from "#data/formats/safetensors.ts";
import { tensorAt } from "#data/formats/tensorSource.ts";
import { directParser } from "#data/parser/parser.ts";
import { folderSources } from "#entry/node/files.ts";
import { readShaders } from "#entry/node/gpu.ts";
import { noHub } from "#entry/node/session.ts";
import type { RunRecord, StepRecord } from "#run/store/records.ts";
import type { Store } from "#run/store/store.ts";
import { reviewLines } from "#run/testing/fixtureRun.ts";
import { memoryStore } from "#storage/memoryStore.ts";
import { filesOfRun, openRunFiles } from "#storage/runFiles.ts";
import type { DemoAssets, Environment, ModelLocks, OtherTabs, RunLocks } from "../environment.ts";
import type { CommandBody, EngineEvent } from "../protocol.ts";
import type { RunReport } from "../reports.ts";
import { createSession } from "../session.ts";
import { narrowed } from "./narrowModel.ts";

/**
 * A browser in which sessions run one after another, or side by side as tabs: one store, one clock and one
 * set of locks, which outlive a tab, with a fixture as its demo.
 */
export interface TestBrowser {
  readonly store: Store;
  readonly clock: Clock;
  openTab(more?: Partial<Environment>): Tab;
}

/** A session and its events. */
export interface Tab {
  readonly events: readonly EngineEvent[];
  /** Runs a command. Returns its events, `done` included. @throws Error with the failure's message */
  ask(command: CommandBody): Promise<readonly EngineEvent[]>;
  /** Runs a command that is rejected. Returns its failure. @throws Error if it succeeds */
  rejection(command: CommandBody): Promise<Failure>;
  /** Calls `act` at the first event that passes, from within the session's own call. */
  once(passes: (event: EngineEvent) => boolean, act: () => void): void;
  /** Ends the tab as a crash does: nothing it does afterwards counts, and its locks are free. */
  kill(): void;
}

export interface Clock {
  /** Time between two readings: with 300 ms, few steps are read back at once. */
  tickMs: number;
  advance(milliseconds: number): void;
}

export interface BrowserOptions {
  readonly gpu: GPU;
  readonly rows?: number;
  readonly store?: Store;
  /** First row of the position embeddings whose values are so large that any sum is infinite. */
  readonly hugeFrom?: number;
}

const fixture = fileURLToPath(new URL("../../../test/fixtures/opt-tiny-pre-ln", import.meta.url));
const sources = readShaders();
const heldOut = 4;

export function createBrowser(options: BrowserOptions): TestBrowser {
  const { gpu, rows = 24, store = memoryStore(), hugeFrom } = options;
  let now = 0;
  let dates = 0;
  let ids = 0;
  const clock: Clock = {
    tickMs: 300,
    advance: (milliseconds) => {
      now += milliseconds;
    },
  };
  const locks = new Map<string, object>();
  const modelHolds = new Set<ModelHold>();
  const answers: Answers = new Map();
  const demo = fixtureDemo(rows, hugeFrom);
  return {
    store,
    clock,
    openTab: (more = {}) => {
      const owner = {};
      const letGo = () => {
        for (const [id, holder] of locks) if (holder === owner) locks.delete(id);
        for (const hold of modelHolds) if (hold.owner === owner) modelHolds.delete(hold);
        answers.delete(owner);
      };
      return createTab(letGo, (life) => ({
        gpu,
        sources,
        demo,
        hub: noHub,
        parser: directParser,
        openStore: async () => mortal(store, life),
        locks: locksOf(locks, owner),
        modelLocks: modelLocksOf(modelHolds, owner),
        tabs: tabsOf(answers, owner),
        now: () => {
          now += clock.tickMs;
          return now;
        },
        date: () => new Date(Date.UTC(2026, 0, 1) + 1000 * dates++),
        newId: () => `run-${++ids}`,
        freeBytes: async () => null,
        runFiles: { open: openRunFiles, filesOf: filesOfRun },
        emit: () => {},
        ...more,
      }));
    },
  };
}

/** A tab with the fixture's model and data open. */
export async function openReadyTab(
  browser: TestBrowser,
  more: Partial<Environment> = {},
): Promise<Tab> {
  const tab = browser.openTab(more);
  await openDemo(tab);
  return tab;
}

export async function openDemo(tab: Tab): Promise<void> {
  await tab.ask({ type: "openModel", source: { kind: "demo" } });
  await tab.ask({
    type: "openData",
    train: { kind: "demo", split: "train" },
    dev: { kind: "demo", split: "dev" },
  });
}

/** The run's record as last reported. */
export function lastRecord(tab: Tab): RunRecord {
  return lastReport(tab).record;
}

export function lastReport({ events }: Tab): RunReport {
  const run = events.findLast((event) => event.type === "run");
  if (run?.type === "run") return run.run;
  throw new Error("No run was reported.");
}

/** Steps that a tab reported, ascending; of a step that was reported twice, the last report. */
export function reportedSteps({ events }: Tab): StepRecord[] {
  const steps = new Map<number, StepRecord>();
  for (const event of events) {
    if (event.type !== "steps" && event.type !== "history") continue;
    if (event.type === "history") steps.clear();
    for (const step of event.steps) steps.set(step.step, step);
  }
  return [...steps.values()];
}

export function notices({ events }: Tab): { code: string; kind: string; message: string }[] {
  return events.flatMap((event) =>
    event.type === "notice" ? [{ ...event.failure, kind: event.kind }] : [],
  );
}

/** True for the event that reports this step. */
export function reportsStep(step: number): (event: EngineEvent) => boolean {
  return (event) => event.type === "steps" && event.steps.some((finished) => finished.step >= step);
}

/** SHA-256 of the weights that an export contains now. */
export async function exportedSha(tab: Tab, at?: "best" | "last"): Promise<string> {
  const events = await tab.ask({ type: "exportModel", ...(at && { at }) });
  const file = events.find((event) => event.type === "file");
  if (file?.type !== "file") throw new Error("Nothing was exported.");
  const files = unzipSync(new Uint8Array(await file.blob.arrayBuffer()));
  const [, bytes] = Object.entries(files).find(([name]) => name.endsWith("/model.safetensors"))!;
  const headerBytes = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  return bytesToHex(sha256(bytes.subarray(8 + headerBytes)));
}

interface Life {
  isOver: boolean;
}

function createTab(letGo: () => void, environment: (life: Life) => Environment): Tab {
  const life: Life = { isOver: false };
  const events: EngineEvent[] = [];
  const watchers: { passes: (event: EngineEvent) => boolean; act: () => void }[] = [];
  const session = createSession({
    ...environment(life),
    emit: (event) => {
      if (life.isOver) return;
      events.push(event);
      const at = watchers.findIndex(({ passes }) => passes(event));
      if (at >= 0) watchers.splice(at, 1)[0]!.act();
    },
  });
  let commands = 0;
  const settle = async (command: CommandBody) => {
    const id = ++commands;
    const from = events.length;
    // As in a worker: a message is handled from the loop, never from inside another's handler.
    await Promise.resolve();
    await session.handle({ ...command, id });
    const told = events.slice(from);
    const answers = told.filter((event) => isAnswer(event) && event.id === id);
    assert.equal(answers.length, 1, `answers to ${command.type}`);
    return { told, answer: answers[0]! };
  };
  return {
    events,
    ask: async (command) => {
      const { told, answer } = await settle(command);
      if (answer.type !== "failed") return told;
      throw new Error(`${command.type}: ${answer.failure.code} ${answer.failure.message}`);
    },
    rejection: async (command) => {
      const { answer } = await settle(command);
      if (answer.type === "failed") return answer.failure;
      throw new Error(`${command.type} was not rejected.`);
    },
    once: (passes, act) => {
      watchers.push({ passes, act });
    },
    kill: () => {
      life.isOver = true;
      letGo();
    },
  };
}

function isAnswer(event: EngineEvent): event is Extract<EngineEvent, { id: number }> {
  return event.type === "done" || event.type === "failed";
}

/** A store that no longer responds once its tab has ended. */
function mortal(store: Store, life: Life): Store {
  const whileAlive = <T>(action: () => Promise<T>): Promise<T> =>
    life.isOver ? new Promise(() => {}) : action();
  return {
    get: (table, key) => whileAlive(() => store.get(table, key)),
    keys: (table, prefix) => whileAlive(() => store.keys(table, prefix)),
    entries: (table, prefix) => whileAlive(() => store.entries(table, prefix)),
    transact: (operations, durability) => whileAlive(() => store.transact(operations, durability)),
    close: () => Promise.resolve(),
  };
}

function locksOf(held: Map<string, object>, owner: object): RunLocks {
  return {
    acquire: async (runId) => {
      if (held.has(runId)) return null;
      held.set(runId, owner);
      return () => {
        if (held.get(runId) === owner) held.delete(runId);
      };
    },
    held: async () => new Set(held.keys()),
  };
}

interface ModelHold {
  readonly modelId: string;
  readonly owner: object;
  readonly isAlone: boolean;
}

function modelLocksOf(holds: Set<ModelHold>, owner: object): ModelLocks {
  const take = (modelId: string, isAlone: boolean) => {
    const hold = { modelId, owner, isAlone };
    holds.add(hold);
    return () => void holds.delete(hold);
  };
  const holdsOf = (modelId: string) => [...holds].filter((hold) => hold.modelId === modelId);
  return {
    share: async (modelId) => {
      while (holdsOf(modelId).some(({ isAlone }) => isAlone)) {
        await new Promise((resolve) => setTimeout(resolve));
      }
      return take(modelId, false);
    },
    takeAlone: async (modelId) => (holdsOf(modelId).length > 0 ? null : take(modelId, true)),
  };
}

type Answers = Map<object, Parameters<OtherTabs["onAsk"]>[0]>;

/** Answers are copied from tab to tab. */
function tabsOf(answers: Answers, owner: object): OtherTabs {
  return {
    ask: async (question) => {
      const others = [...answers].filter(([tab]) => tab !== owner);
      const news = others.map(([, answer]) => answer(question)).find((found) => found !== null);
      return news ? structuredClone(news) : null;
    },
    onAsk: (answer) => void answers.set(owner, answer),
  };
}

/** A small model instead of the bundled demo: the first examples are the training set, the last the validation set. */
function fixtureDemo(rows: number, hugeFrom?: number): DemoAssets {
  const files = ["config.json", "model.safetensors", "vocab.json", "merges.txt"];
  const texts: Readonly<Record<string, readonly string[]>> = {
    "train.jsonl": reviewLines.slice(0, rows),
    "dev.jsonl": reviewLines.slice(-heldOut),
  };
  return {
    describe: async () => ({
      name: "tiny",
      files: [...files, "tokenizer_config.json", "special_tokens_map.json"],
      train: "train.jsonl",
      dev: "dev.jsonl",
      template: "{text} It was",
      labels: ["0", "1"],
      words: [" terrible", " great"],
      settings: { method: "mezo", learningRate: 2e-4 },
      sentences: ["Fine."],
    }),
    files: (names) =>
      Promise.all(
        narrowed(folderSources(fixture), fixture)
          .filter(({ name }) => names.includes(name))
          .map((file) => (hugeFrom === undefined ? file : withHugePositions(file, hugeFrom))),
      ),
    text: async (name) => texts[name]?.join("\n") ?? readFileSync(`${fixture}/${name}`, "utf8"),
  };
}

/** The weights of the fixture, with position embeddings from a row on that make any sum infinite. */
async function withHugePositions(file: ByteSource, firstRow: number): Promise<ByteSource> {
  if (file.name !== "model.safetensors") return file;
  const tensors = (await readSafetensors(file)).map((browser) => tensorAt(file, browser));
  const bytes = await file.read(0, file.sizeBytes);
  const dataStart = 8 + Number(new DataView(bytes.buffer).getBigUint64(0, true));
  let offset = dataStart;
  for (const { name, shape, sizeBytes } of tensors) {
    if (name === "model.decoder.embed_positions.weight") {
      const values = new Float32Array(sizeBytes / 4 - firstRow * shape[1]!).fill(3e38);
      bytes.set(new Uint8Array(values.buffer), offset + 4 * firstRow * shape[1]!);
    }
    offset += sizeBytes;
  }
  return memorySource(file.name, bytes);
}
