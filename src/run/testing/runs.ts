import { resolveSettings } from "#zo/resolveSettings.ts";
import { addSteps, type JournalStep, noTotals } from "../store/journal.ts";
import type { EvaluationRecord, ModelRecord, RunRecord, RunRows } from "../store/records.ts";
import type { Weights } from "../store/runStore.ts";

/** Plausible runs, models and weights for tests. */
export function aRun(id: string, modelId = "model-a"): RunRecord {
  return {
    schemaVersion: 1,
    id,
    name: "Run one",
    note: "",
    createdAt: "2025-01-02T03:04:05.000Z",
    updatedAt: "2025-01-02T03:04:05.000Z",
    status: "running",
    modelId,
    modelName: "opt-tiny",
    settings: resolveSettings({ method: "mezo", learningRate: 1e-6, seed: 42 }),
    task: {
      kind: "classification",
      template: "{text} It was",
      labelColumn: "label",
      labels: ["0", "1"],
      words: [" terrible", " great"],
      bos: 2,
      maxLength: 512,
    },
    data: { trainName: "train.jsonl", trainRows: 2, devName: "dev.jsonl", devRows: 1 },
    step: 0,
    tokens: 0,
    seconds: 0,
    kernels: { linear: "tiled" },
    adapter: "a test",
  };
}

export const someRows: RunRows = {
  train: [
    { text: "fine", label: 1 },
    { text: "poor", label: 0 },
  ],
  dev: [{ text: "so so", label: 1 }],
};

export function aModel(id = "model-a"): ModelRecord {
  return {
    schemaVersion: 1,
    id,
    name: "opt-tiny",
    format: "safetensors",
    storedDtype: "F16",
    config: { model_type: "opt", hidden_size: 8 },
    tokenizerFiles: { "vocab.json": '{"a":0}', "merges.txt": "#version" },
    otherFiles: {},
  };
}

/** Steps first..last of a run that is the same each time. */
export function steps(first: number, last: number): JournalStep[] {
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => {
    const step = first + i;
    return {
      step,
      flags: 0,
      lossPlus: Math.fround(0.7 + Math.sin(step) / 10),
      lossMinus: Math.fround(0.7 - Math.sin(step) / 10),
      projectedGrad: Math.fround(Math.sin(step) * 100),
      learningRate: 1e-6,
      tokens: 100 + (step % 7),
      forwardPasses: 2,
      milliseconds: Math.fround(12.5 + (step % 3)),
      coefficients: Float32Array.of(Math.cos(step) * 1e-6),
    };
  });
}

/** What a record says of its position after so many of those steps. */
export function progressAfter(last: number) {
  const { tokens, seconds } = addSteps(noTotals, steps(1, last));
  return { step: last, tokens, seconds };
}

export function anEvaluation(step: number): EvaluationRecord {
  return { step, loss: 0.6, accuracy: 0.5, n: 1, seconds: step * 2, forwardPasses: step * 2 };
}

export const WEIGHT_BYTES = 1000;

/** What the weights are after a step: bytes that differ from step to step. */
export function weightBytes(step: number): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(
    { length: WEIGHT_BYTES },
    (_, i) => (i * 31 + step * 101 + (i >> 3)) & 255,
  );
}

/** Those weights, in uneven pieces, to be kept in seven parts. */
export function weights(step: number): Weights {
  async function* pieces() {
    const bytes = weightBytes(step);
    for (const [start, end] of [
      [0, 1],
      [1, 400],
      [400, 400],
      [400, WEIGHT_BYTES],
    ]) {
      yield bytes.slice(start, end);
    }
  }
  return { step, dtype: "F32", totalBytes: WEIGHT_BYTES, pieces: pieces(), partBytes: 150 };
}

/** All bytes of an iterable of pieces. */
export async function gather(pieces: AsyncIterable<Uint8Array>): Promise<Uint8Array<ArrayBuffer>> {
  const all: number[] = [];
  for await (const piece of pieces) all.push(...piece);
  return Uint8Array.from(all);
}
