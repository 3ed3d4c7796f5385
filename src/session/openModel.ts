import type { WeightDtype } from "#base/dtype.ts";
import { ZerothError } from "#base/errors.ts";
import { type ByteSource, blobSource } from "#data/formats/byteSource.ts";
import type { ModelFiles } from "#data/formats/modelFiles.ts";
import { directParser } from "#data/parser/parser.ts";
import { loadTokenizer, type Tokenizer } from "#data/tokenizer/tokenizer.ts";
import type { Device } from "#gpu/device.ts";
import { type OptConfig, parseConfig } from "#model/config.ts";
import { type HeadStart, initHead, ownHead, withHead } from "#model/head.ts";
import { matchTensors } from "#model/matchTensors.ts";
import { parameterCount, parameterTable } from "#model/parameters.ts";
import { allocateWeights, type Weights } from "#model/weights.ts";
import { type BaseWeights, baseWeightsOf } from "#run/store/baseWeights.ts";
import type { Manifest, ModelOrigin, ModelRecord } from "#run/store/records.ts";
import type { RunStore } from "#run/store/runStore.ts";
import { defaultLearningRate, defaultLearningRateSource } from "#zo/defaultLearningRate.ts";
import { methods } from "#zo/methods/index.ts";
import { admitModel } from "./admission.ts";
import type { Environment } from "./environment.ts";
import type { ModelSource } from "./protocol.ts";
import type { ModelReport, Progress } from "./reports.ts";

type OnProgress = (progress: Progress) => void;

/** A base model, from files or from the store. */
interface BaseModel {
  readonly record: ModelRecord;
  /** The config of its files. */
  readonly own: OptConfig;
  readonly tokenizer: Tokenizer;
  /** Changes that were made to its files when reading them, in sentences. */
  readonly notes: readonly string[];
  /** Its weights, as files or store have them. */
  readonly base: BaseWeights;
  /** Puts them on the GPU. */
  load(weights: Weights, onProgress: OnProgress): Promise<void>;
}

/** How the weights are laid out on the GPU. */
interface WeightFormat {
  readonly dtype: WeightDtype;
  /** The score head of the current run, or none. */
  readonly head: HeadStart | null;
}

/** A model that is open. Its weights are allocated at first use; `reload` or a checkpoint fills them. */
export class OpenModel {
  /** Its `id` is "" until the weights have been hashed. */
  record: ModelRecord;
  /** The weights on the GPU are those of the base model. */
  isBase = false;
  /** Has its weights. */
  readonly device: Device;
  readonly #base: BaseModel;
  #format: WeightFormat;
  #config: OptConfig;
  #weights: Weights | null = null;

  constructor(base: BaseModel, device: Device, format: WeightFormat) {
    this.record = base.record;
    this.device = device;
    this.#base = base;
    this.#format = format;
    this.#config = withHead(base.own, format.head);
  }

  /** The config of its files. */
  get own(): OptConfig {
    return this.#base.own;
  }

  /** The config of the weights on the GPU: with the score head of the current run, or none. */
  get config(): OptConfig {
    return this.#config;
  }

  get tokenizer(): Tokenizer {
    return this.#base.tokenizer;
  }

  get notes(): readonly string[] {
    return this.#base.notes;
  }

  /** The base weights, as files or store have them. */
  get base(): BaseWeights {
    return this.#base.base;
  }

  /** They must be known to fit. */
  get weights(): Weights {
    this.#weights ??= allocateWeights(this.device, this.#config, this.#format.dtype);
    return this.#weights;
  }

  /** The weights take GPU memory. */
  get isAllocated(): boolean {
    return this.#weights !== null;
  }

  /** Puts the base weights on the GPU, and a new score head with its initial weights. */
  async reload(onProgress: OnProgress): Promise<void> {
    await this.#base.load(this.weights, onProgress);
    this.#initHead();
    this.isBase = true;
  }

  /** Puts stored weights on the GPU: those of a checkpoint, or of the base model. */
  async restore(
    { ownerId, sizeBytes, dtype }: Manifest,
    pieces: AsyncIterable<Uint8Array<ArrayBuffer>>,
    onProgress: OnProgress,
  ): Promise<void> {
    await this.weights.restore(counted(pieces, sizeBytes, onProgress), dtype);
    if (ownerId === this.record.id) this.#initHead();
  }

  /**
   * Lays the weights out as this dtype and with this score head, or none. Where that takes another
   * allocation the weights are lost until `reload`, and nothing may use them any more.
   *
   * @throws ZerothError E-TASK-3 if the files have a head for another number of labels, E-MEM-1 if the
   *   weights do not fit; the format is then as before
   */
  async setFormat(format: WeightFormat): Promise<void> {
    const { own } = this;
    const [before, after] = [this.#config, withHead(own, format.head)];
    const hasSameHead = own.numLabels !== null || format.head?.seed === this.#format.head?.seed;
    const isSame = format.dtype === this.#format.dtype && before.numLabels === after.numLabels;
    if (!hasSameHead || !isSame) this.isBase = false;
    if (!isSame && this.isAllocated) {
      this.destroy();
      await admitModel(this.device, after, this.record.name, format.dtype);
    }
    this.#format = format;
    this.#config = after;
  }

  /** The same model on another device, with the base weights. @throws ZerothError E-MEM-1 */
  async copyTo(device: Device, onProgress: OnProgress): Promise<OpenModel> {
    await admitModel(device, this.#config, this.record.name, this.#format.dtype);
    const copy = new OpenModel({ ...this.#base, record: this.record }, device, this.#format);
    return loaded(copy, onProgress);
  }

  destroy(): void {
    this.#weights?.destroy();
    this.#weights = null;
  }

  #initHead(): void {
    initHead(this.weights, this.own, this.#format.head?.seed ?? 0);
  }
}

/**
 * Opens the model of these files and puts it on the GPU.
 *
 * @throws ZerothError E-FILE-*; E-MEM-1 before any weight is read, if the GPU has no room
 */
export async function openModel(
  device: Device,
  source: Exclude<ModelSource, { readonly kind: "parsed" }>,
  dtype: WeightDtype,
  env: Pick<Environment, "demo" | "hub" | "parser">,
  onProgress: OnProgress,
): Promise<OpenModel> {
  const { name, files, origin } = await filesOf(source, env);
  // The bundled model is as trusted as the program.
  const parser = source.kind === "demo" ? directParser : env.parser;
  const base = readModel(name, await parser.openModelFiles(files), origin);
  await admitModel(device, base.own, name, dtype);
  const model = new OpenModel(base, device, { dtype, head: ownHead(base.own) });
  return loaded(model, onProgress);
}

/** Returns a model whose files the caller has opened. Neither admitted nor read yet. @throws ZerothError E-FILE-* */
export function openParsedModel(
  device: Device,
  name: string,
  files: ModelFiles,
  dtype: WeightDtype,
): OpenModel {
  const base = readModel(name, files, undefined);
  return new OpenModel(base, device, { dtype, head: ownHead(base.own) });
}

/**
 * Opens the base model of a stored run. Its weights are not read yet.
 *
 * @throws ZerothError E-STORE-3 if it is not in the store, E-MEM-1 if the GPU has no room
 */
export async function openStoredModel(
  device: Device,
  runs: RunStore,
  modelId: string,
  format: WeightFormat,
): Promise<OpenModel> {
  const { record, manifest } = await runs.loadModel(modelId);
  const own = parseConfig(record.config);
  const tokenizer = loadTokenizer(new Map(Object.entries(record.tokenizerFiles)));
  await admitModel(device, withHead(own, format.head), record.name, format.dtype);
  const base = storedBase(runs, record.name, manifest);
  const load = (weights: Weights, onProgress: OnProgress) =>
    weights.restore(counted(base.pieces(), base.sizeBytes, onProgress), base.dtype);
  return new OpenModel({ record, own, tokenizer, notes: [], base, load }, device, format);
}

async function loaded(model: OpenModel, onProgress: OnProgress): Promise<OpenModel> {
  try {
    await model.reload(onProgress);
    return model;
  } catch (error) {
    model.destroy();
    throw error;
  }
}

function readModel(name: string, files: ModelFiles, origin: ModelOrigin | undefined): BaseModel {
  const own = parseConfig(files.config);
  const tokenizer = loadTokenizer(files.tokenizerFiles);
  rejectForeignTokenizer(tokenizer, own);
  const tensors = matchTensors(parameterTable(own), files);
  return {
    record: { ...describe(name, files), ...(origin && { origin }) },
    own,
    tokenizer,
    notes: files.notes,
    base: baseWeightsOf(tensors),
    load: async (weights, onProgress) => {
      // The files' own score head is the last tensor, and left out where the run has none.
      const wanted = tensors.slice(0, weights.layout.table.length);
      const total = wanted.reduce((sum, { sizeBytes }) => sum + sizeBytes, 0);
      await weights.load(wanted, (done) =>
        onProgress({ label: "Reading the model", done, total, unit: "bytes" }),
      );
    },
  };
}

function storedBase(runs: RunStore, name: string, manifest: Manifest | undefined): BaseWeights {
  async function* pieces() {
    if (!manifest) {
      throw new ZerothError(
        "E-STORE-3",
        `The base weights of "${name}" are no longer in this storage. Open the model's files again.`,
      );
    }
    yield* runs.readWeights(manifest);
  }
  return { dtype: manifest?.dtype ?? "F32", sizeBytes: manifest?.sizeBytes ?? 0, pieces };
}

/** Yields the pieces and reports progress. */
export async function* counted(
  pieces: AsyncIterable<Uint8Array<ArrayBuffer>>,
  total: number,
  report: OnProgress,
  label = "Reading stored weights",
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let done = 0;
  for await (const piece of pieces) {
    yield piece;
    done += piece.length;
    report({ label, done, total, unit: "bytes" });
  }
}

export function reportModel(
  { record, config, weights, notes }: OpenModel,
  gpuBytes: Readonly<Record<string, number>>,
): ModelReport {
  const parameters = parameterCount(weights.layout.table);
  return {
    name: record.name,
    format: record.format,
    storedDtype: record.storedDtype,
    parameterCount: parameters,
    numHiddenLayers: config.numHiddenLayers,
    hiddenSize: config.hiddenSize,
    numAttentionHeads: config.numAttentionHeads,
    vocabSize: config.vocabSize,
    maxPositionEmbeddings: config.maxPositionEmbeddings,
    weightBytes: weights.sizeBytes,
    gpuBytes,
    sha256: record.id,
    learningRates: {
      byMethod: Object.fromEntries(
        methods.map(({ description: { id } }) => [id, defaultLearningRate(id, parameters)]),
      ),
      source: defaultLearningRateSource,
    },
    ...(record.origin && { origin: record.origin }),
    ...(notes.length > 0 && { notes }),
  };
}

interface SourceFiles {
  readonly name: string;
  readonly files: readonly ByteSource[];
  readonly origin?: ModelOrigin;
}

async function filesOf(
  source: Parameters<typeof openModel>[1],
  { demo, hub }: Pick<Environment, "demo" | "hub">,
): Promise<SourceFiles> {
  if (source.kind === "demo") {
    const { name, files } = await demo.describe();
    return { name, files: await demo.files(files) };
  }
  if (source.kind === "cached") {
    const { entry, files } = await hub.open(source.folder);
    const { repo, commit, licence, address } = entry;
    return { name: repo, files, origin: { repo, commit, licence, address } };
  }
  const files = source.files.map(({ path, file }) => blobSource(path, file));
  const folder = source.files[0]?.path.split("/").slice(0, -1).pop();
  return { name: folder || "Own model", files };
}

function describe(name: string, files: ModelFiles): ModelRecord {
  return {
    schemaVersion: 1,
    id: "",
    name,
    format: files.format,
    storedDtype: files.tensors.values().next().value?.dtype ?? "F32",
    config: files.config,
    tokenizerFiles: Object.fromEntries(files.tokenizerFiles),
    otherFiles: Object.fromEntries(files.otherFiles),
  };
}

/** Ids beyond the embedding matrix would read the vector of another token. */
function rejectForeignTokenizer({ vocabSize }: Tokenizer, config: OptConfig): void {
  if (vocabSize <= config.vocabSize) return;
  throw new ZerothError(
    "E-FILE-7",
    `The tokenizer has ${vocabSize} entries, the embedding matrix only ${config.vocabSize} rows: they do not ` +
      `belong together. Choose the tokenizer files that came with this model.`,
  );
}
