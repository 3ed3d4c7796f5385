import type {
  DatasetOffer,
  DownloadReport,
  LibraryEntry,
  ModelOffer,
} from "#session/hubReports.ts";
import type { Command, EngineEvent } from "#session/protocol.ts";

const commit = "27dcfa74d334bc871f3234de431e71c6eeba5dd6";
const folder = `facebook--opt-125m@${commit}`;
const files = [
  { path: "config.json", sizeBytes: 651 },
  { path: "vocab.json", sizeBytes: 898_822 },
  { path: "merges.txt", sizeBytes: 456_318 },
  { path: "pytorch_model.bin", sizeBytes: 250_540_281 },
];
const totalBytes = 251_896_072;

const offer: ModelOffer = {
  folder,
  repo: "facebook/opt-125m",
  revision: "main",
  commit,
  files,
  totalBytes,
  address: "https://huggingface.co/facebook/opt-125m",
  licence: {
    id: "other",
    summary:
      "OPT licence: non-commercial research only. The weights may not be passed on commercially.",
    address: `https://huggingface.co/facebook/opt-125m/blob/${commit}/LICENSE.md`,
  },
  isGated: false,
  hereBytes: 0,
  isHere: false,
  parameterCount: 125_239_296,
  memory: {
    rows: 16,
    tokensPerRow: 64,
    byMethod: [
      { methods: ["MeZO", "LeZO"], bytes: 576_349_632, f16Bytes: 326_113_728 },
      { methods: ["MeZO-SVRG"], bytes: 576_349_632, f16Bytes: 577_001_408 },
      { methods: ["Sparse-MeZO"], bytes: 576_633_856, f16Bytes: 326_397_952 },
      {
        methods: ["MeZO-SVRG with a copy of the weights"],
        bytes: 1_077_473_216,
        f16Bytes: 577_001_408,
      },
    ],
  },
  memoryProblem: null,
  freeBytes: 212_000_000_000,
};

const datasetOffer: DatasetOffer = {
  repo: "aps/super_glue",
  commit: "3de24cf8022e94f4ee4b9d55a6f539891524d646",
  address: "https://huggingface.co/datasets/aps/super_glue",
  licence: { id: "other", summary: "other", address: "" },
  isGated: false,
  freeBytes: 212_000_000_000,
  configs: ["boolq", "cb", "copa"].map((name) => ({
    name,
    folder: `datasets--aps--super_glue@3de24cf8~${name}`,
    splits: [
      { name: "train", rows: 9427, sizeBytes: 3_853_000, isHere: false },
      { name: "validation", rows: 3270, sizeBytes: 1_310_000, isHere: false },
      { name: "test", rows: null, sizeBytes: 1_300_000, isHere: false },
    ],
  })),
};

const entry: LibraryEntry = {
  folder: `facebook--opt-350m@${commit}`,
  kind: "model",
  repo: "facebook/opt-350m",
  part: null,
  revision: "main",
  commit,
  licence: "other",
  address: "https://huggingface.co/facebook/opt-350m",
  sizeBytes: 664_357_000,
  totalBytes: 664_357_000,
  isWhole: true,
  canResume: false,
  splits: [],
  savedAt: "2026-03-04T14:02:00Z",
};

const entries: readonly LibraryEntry[] = [
  entry,
  {
    ...entry,
    folder: `facebook--opt-1.3b@${commit}`,
    repo: "facebook/opt-1.3b",
    savedAt: null,
    sizeBytes: 1_204_000_000,
    totalBytes: 2_631_357_000,
    isWhole: false,
    canResume: true,
  },
  {
    ...entry,
    folder: `datasets--stanfordnlp--sst2@${commit}~default`,
    kind: "dataset",
    repo: "stanfordnlp/sst2",
    part: "default",
    splits: ["train", "validation"],
    sizeBytes: 3_182_000,
    totalBytes: 3_182_000,
  },
];

const report: DownloadReport = {
  folder,
  repo: offer.repo,
  kind: "model",
  state: "loading",
  totalBytes,
  files: files.map((file, i) => ({ ...file, doneBytes: i < 3 ? file.sizeBytes : 118_644_209 })),
  doneBytes: 120_000_000,
  bytesPerSecond: 11_800_000,
  etaSeconds: 11.2,
  waitSeconds: null,
};

const known = [
  { repo: "facebook/opt-125m", parameterCount: 125_239_296, downloadBytes: 251_897_281 },
  { repo: "facebook/opt-350m", parameterCount: 331_196_416, downloadBytes: 664_357_000 },
  { repo: "facebook/opt-1.3b", parameterCount: 1_315_758_080, downloadBytes: 2_631_357_000 },
  { repo: "facebook/opt-2.7b", parameterCount: 2_651_596_800, downloadBytes: 5_304_716_381 },
];

/** What a scripted hub says to a command; a download stands still half done, for a picture of it. */
export function fakeHubEvents(command: Command): readonly EngineEvent[] {
  switch (command.type) {
    case "describeModel":
      return [{ type: "offer", offer }];
    case "describeDataset":
      return [{ type: "datasetOffer", offer: datasetOffer }];
    case "download":
      return [{ type: "downloads", downloads: [report] }];
    case "pauseDownload":
    case "deleteDownload":
      return [{ type: "downloads", downloads: [] }];
    case "listDownloads":
      return [{ type: "library", library: { known, entries } }];
    default:
      return [];
  }
}
