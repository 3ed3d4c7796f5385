import type { EvaluationRecord, RunRecord } from "#run/store/records.ts";
import type {
  DeviceReport,
  MemoryReport,
  ModelReport,
  RunSummary,
  StepTiming,
} from "#session/reports.ts";
import { storedSettings } from "#zo/resolveSettings.ts";
import { fakeCatalogue } from "./fakeCatalogue.ts";
import { fakeTask } from "./fakeData.ts";

/** What a scripted engine says. The numbers are plausible, not measured: for tests and previews only. */
export const fakeDevice: DeviceReport = {
  state: "ready",
  name: "NVIDIA GeForce RTX 4060 Laptop GPU",
  vendor: "nvidia",
  architecture: "ada-lovelace",
  isSoftware: false,
  hasF16: true,
  hasSubgroups: true,
  limits: [
    { name: "maxBufferSize", value: 2_147_483_648 },
    { name: "maxStorageBufferBindingSize", value: 2_147_483_644 },
    { name: "maxComputeWorkgroupStorageSize", value: 32_768 },
    { name: "maxComputeInvocationsPerWorkgroup", value: 1024 },
  ],
  selfTest: [
    { name: "Random numbers", passed: true, detail: "3 of 3 known answers" },
    { name: "Matrix product", passed: true, detail: "largest error 4.8e-7, allowed 1e-5" },
    { name: "Loss of a sentence", passed: true, detail: "0.6931472, expected 0.6931471" },
  ],
};

export const fakeSoftwareDevice: DeviceReport = {
  ...fakeDevice,
  name: "SwiftShader Device (Subzero)",
  vendor: "google",
  architecture: "swiftshader",
  isSoftware: true,
  hasF16: false,
  limits: [
    { name: "maxBufferSize", value: 1_073_741_824 },
    { name: "maxStorageBufferBindingSize", value: 134_217_728 },
  ],
};

export const fakeUnavailableDevice: DeviceReport = {
  ...fakeDevice,
  state: "unavailable",
  failure: { code: "E-GPU-1", message: "This browser has no WebGPU, which training needs." },
  name: "",
  vendor: "",
  architecture: "",
  hasF16: false,
  hasSubgroups: false,
  limits: [],
  selfTest: [],
};

export const fakeModel: ModelReport = {
  name: "opt-125m",
  format: "safetensors",
  storedDtype: "float16",
  parameterCount: 125_239_296,
  numHiddenLayers: 12,
  hiddenSize: 768,
  numAttentionHeads: 12,
  vocabSize: 50_272,
  maxPositionEmbeddings: 2048,
  weightBytes: 500_957_184,
  gpuBytes: { weights: 500_957_184, scratch: 37_748_736, activations: 62_914_560 },
  sha256: "5f97ad1fa4ec2b1d9ef6f4e7a1c50e1be13f6c83a5b7c6ff0e55d4b77bb0aa31",
};

export const fakeMemory: MemoryReport = {
  bytes: {
    weights: 500_957_184,
    scratch: 37_748_736,
    activations: 62_914_560,
    snapshot: 0,
    other: 1_310_720,
  },
  totalBytes: 602_931_200,
  isExact: true,
};

export const fakeTiming: StepTiming = {
  weightPassMs: 31.2,
  productsMs: 214.8,
  attentionMs: 12.1,
  restMs: 18.4,
  waitingMs: 9.5,
  step: 206,
  isEstimate: false,
};

export const fakeRecord: RunRecord = {
  schemaVersion: 1,
  id: "r1",
  name: "MeZO on opt-125m, lr 1e-6",
  note: "",
  createdAt: "2026-03-04T13:02:00.000Z",
  updatedAt: "2026-03-04T14:02:00.000Z",
  status: "interrupted",
  modelId: fakeModel.sha256,
  modelName: "opt-125m",
  settings: storedSettings.parse(fakeCatalogue.demo.settings),
  task: fakeTask,
  data: { trainName: "reviews.jsonl", trainRows: 1000, devName: "split", devRows: 200 },
  step: 8400,
  tokens: 7_250_000,
  seconds: 1260,
  kernels: {},
  adapter: fakeDevice.name,
  zeroShot: evaluation(0, Math.LN2, 0.51),
  lastEvaluation: evaluation(8400, 0.44, 0.825),
  best: evaluation(7200, 0.42, 0.83),
  majority: { label: "1", share: 0.515, trainLabel: "1", trainShare: 0.515 },
};

export function evaluation(step: number, loss: number, accuracy: number): EvaluationRecord {
  return { step, loss, accuracy, n: 200, seconds: 1.9, forwardPasses: step * 2 };
}

export const fakeRuns: readonly RunSummary[] = [
  { record: fakeRecord, sizeBytes: 502_000_000, isLockedElsewhere: false },
  {
    record: {
      ...fakeRecord,
      id: "r2",
      name: "MeZO on opt-tiny, lr 1e-4",
      modelName: "opt-tiny",
      status: "finished",
      step: 400,
      seconds: 41,
      note: "First try. Clearly learns; try a longer one on the 125m.",
      createdAt: "2026-03-03T09:11:00.000Z",
      lastEvaluation: evaluation(400, 0.31, 0.885),
      best: evaluation(300, 0.3, 0.88),
    },
    sizeBytes: 8_400_000,
    isLockedElsewhere: false,
  },
  {
    record: {
      ...fakeRecord,
      id: "r3",
      name: "lr 1e-5, too hot",
      status: "diverged",
      step: 412,
      seconds: 70,
      createdAt: "2026-03-02T20:40:00.000Z",
      failure: {
        code: "E-TRAIN-1",
        message:
          "The loss is not a number at step 413. The weights stand as after step 412. The learning rate is probably too high: start again with a tenth of it.",
      },
      lastEvaluation: evaluation(400, 2.2, 0.5),
      best: evaluation(100, 0.66, 0.61),
    },
    sizeBytes: 501_000_000,
    isLockedElsewhere: true,
  },
];

/** MeZO and LeZO with three seeds each: something to compare. */
export const fakeComparison: readonly RunSummary[] = [0, 1, 2].flatMap((seed) => [
  comparable("mezo", seed, 0.85 + seed * 0.01),
  comparable("lezo", seed, 0.865 + seed * 0.012),
]);

function comparable(method: string, seed: number, accuracy: number): RunSummary {
  const isLezo = method === "lezo";
  return {
    record: {
      ...fakeRecord,
      id: `${method}-${seed}`,
      name: `${isLezo ? "LeZO" : "MeZO"} on opt-125m, lr 1e-4, seed ${seed}`,
      status: "finished",
      settings: storedSettings.parse({ ...fakeCatalogue.demo.settings, method, seed }),
      step: 400,
      seconds: isLezo ? 31 : 42,
      createdAt: `2026-03-0${seed + 5}T10:00:00.000Z`,
      lastEvaluation: evaluation(400, 0.38, accuracy),
      best: evaluation(300, 0.37, accuracy - 0.005),
    },
    sizeBytes: 501_000_000,
    isLockedElsewhere: false,
  };
}

/** Runs put into the queue in an earlier session. */
export const fakeQueue: readonly RunSummary[] = fakeComparison.slice(0, 3).map((run, i) => {
  const { lastEvaluation: _, zeroShot: __, best: ___, ...record } = run.record;
  return {
    ...run,
    sizeBytes: 1_200_000,
    record: {
      ...record,
      id: `waiting-${i}`,
      status: "queued",
      step: 0,
      seconds: 0,
      createdAt: `2026-03-09T10:0${i}:00.000Z`,
    },
  };
});
