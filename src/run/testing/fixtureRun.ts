import { readFileSync } from "node:fs";
import { encodeTable } from "#data/examples/encode.ts";
import { type Capacity, sizeOf, sizeOfAll } from "#data/examples/packing.ts";
import { parseTable } from "#data/formats/table.ts";
import type { CustomTask, EncodedExample, TaskSpec } from "#data/tasks/task.ts";
import { loadTokenizer } from "#data/tokenizer/tokenizer.ts";
import { readShaders } from "#entry/node/gpu.ts";
import type { Device } from "#gpu/device.ts";
import { parseConfig } from "#model/config.ts";
import { initHead, withHead } from "#model/head.ts";
import { defaultChoice } from "#model/linearChoice.ts";
import { matchTensors } from "#model/matchTensors.ts";
import { Model } from "#model/model.ts";
import { type Parameter, parameterTable } from "#model/parameters.ts";
import { type FixtureName, openFixture } from "#model/testing/fixture.ts";
import { allocateWeights, decoded, type Weights } from "#model/weights.ts";
import { headOf, prepareMasks } from "#run/step/runModel.ts";
import type { RunSettings } from "#zo/commonSettings.ts";
import { resolveSettings, traitsOf } from "#zo/resolveSettings.ts";
import { Stepper } from "../step/stepper.ts";
import type { JournalStep } from "../store/journal.ts";

const reviewsFile = new URL("../../../test/fixtures/reviews.jsonl", import.meta.url);

/** The lines of `reviews.jsonl`. */
export const reviewLines: readonly string[] = readFileSync(reviewsFile, "utf8")
  .trimEnd()
  .split("\n");

/** The task of the fixtures' expected trajectories. */
export const reviewTask: CustomTask = {
  kind: "classification",
  template: "{text} It was",
  labelColumn: "label",
  labels: ["0", "1"],
  words: [" terrible", " great"],
  bos: 2,
  maxLength: 128,
};

/** The same examples without a prompt, classified by a score head. */
export const reviewHeadTask: TaskSpec = {
  ...reviewTask,
  template: "{text}",
  words: [],
  head: true,
};

/** A fixture model on the GPU with a stepper, without a session. */
export interface FixtureRun {
  readonly model: Model;
  readonly weights: Weights;
  readonly settings: RunSettings;
  readonly examples: readonly EncodedExample[];
  readonly stepper: Stepper;
  /** Another stepper on the same weights, which have taken these steps. */
  stepperAfter(past: readonly JournalStep[]): Stepper;
}

export interface FixtureRunOptions {
  readonly fixture?: FixtureName;
  readonly rows?: number;
  readonly task?: TaskSpec;
  /** Of a packed batch; "one example" makes every batch run in parts. */
  readonly capacity?: "whole batches" | "one example";
}

const sources = readShaders();

export async function openFixtureRun(
  device: Device,
  given: Readonly<Record<string, unknown>>,
  options: FixtureRunOptions = {},
): Promise<FixtureRun> {
  const { fixture = "opt-tiny-pre-ln", rows, capacity = "whole batches" } = options;
  const { task = reviewTask } = options;
  const settings = resolveSettings({ steps: 12, batchSize: 8, ...given });
  const checkpoint = await openFixture(fixture);
  const own = parseConfig(checkpoint.config);
  const head = headOf(task, settings);
  const table = parseTable("reviews.jsonl", reviewLines.slice(0, rows).join("\n"));
  const { examples } = encodeTable(loadTokenizer(checkpoint.tokenizerFiles), task, table);
  const weights = allocateWeights(device, withHead(own, head), settings.dtype);
  await weights.load(matchTensors(parameterTable(own), checkpoint));
  initHead(weights, own, head?.seed ?? 0);
  const model = await Model.create({
    device,
    sources,
    weights,
    linear: defaultChoice(device.info),
    noise: settings.noise,
    isOneSided: traitsOf(settings).isOneSided,
    capacity:
      capacity === "one example" ? largestOf(examples) : largestBatch(examples, settings.batchSize),
  });
  await prepareMasks(model, settings);
  const stepperAfter = (past: readonly JournalStep[]) =>
    new Stepper(model, settings, examples, past);
  return { model, weights, settings, examples, stepper: stepperAfter([]), stepperAfter };
}

/** Takes the next steps one by one; afterwards nothing is pending. */
export async function takeSteps(stepper: Stepper, count: number): Promise<JournalStep[]> {
  const steps: JournalStep[] = [];
  for (let i = 0; i < count; i++) {
    await stepper.enqueueNext();
    steps.push(...(await stepper.collect()));
  }
  stepper.flush();
  return steps;
}

/** The current values of every parameter, by name. */
export async function weightsOf(weights: Weights): Promise<ReadonlyMap<string, Float32Array>> {
  const pieces: Float32Array[] = [];
  for await (const piece of weights.read()) {
    pieces.push(decoded(weights.storedDtype, piece));
  }
  const all = Float32Array.from(pieces.flatMap((piece) => [...piece]));
  let offset = 0;
  const valuesOf = ({ elements }: Parameter) => {
    offset += elements;
    return all.slice(offset - elements, offset);
  };
  return new Map(weights.layout.table.map((parameter) => [parameter.name, valuesOf(parameter)]));
}

/** Names of the parameters that differ in any bit. */
export function changedNames(
  before: ReadonlyMap<string, Float32Array>,
  after: ReadonlyMap<string, Float32Array>,
): string[] {
  return [...before]
    .filter(([name, values]) => {
      const others = after.get(name);
      return !others || Buffer.compare(bytesOf(values), bytesOf(others)) !== 0;
    })
    .map(([name]) => name);
}

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array): Buffer {
  return Buffer.from(buffer, byteOffset, byteLength);
}

function largestOf(examples: readonly EncodedExample[]): Capacity {
  const sizes = examples.map(sizeOf);
  const most = (pick: (size: Capacity) => number) => Math.max(...sizes.map(pick));
  return {
    tokens: most(({ tokens }) => tokens),
    scored: most(({ scored }) => scored),
    options: most(({ options }) => options),
    examples: 1,
  };
}

function largestBatch(examples: readonly EncodedExample[], batchSize: number): Capacity {
  const byLength = [...examples].sort((a, b) => sizeOf(b).tokens - sizeOf(a).tokens);
  return sizeOfAll(byLength.slice(0, batchSize));
}
