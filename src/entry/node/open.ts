import { basename, resolve } from "node:path";
import { type WeightDtype, weightDtypes } from "#base/dtype.ts";
import { ZerothError } from "#base/errors.ts";
import type { ModelFiles } from "#data/formats/modelFiles.ts";
import type { EncodedExample, TextLimits } from "#data/tasks/task.ts";
import { loadTokenizer, type Tokenizer } from "#data/tokenizer/tokenizer.ts";
import { bindableBytes, type Device, openDevice } from "#gpu/device.ts";
import { type OptConfig, parseConfig } from "#model/config.ts";
import { type HeadStart, initHead, withHead } from "#model/head.ts";
import type { LinearChoice } from "#model/linearChoice.ts";
import { matchTensors } from "#model/matchTensors.ts";
import { Model } from "#model/model.ts";
import { parameterTable } from "#model/parameters.ts";
import { allocateWeights, type Weights } from "#model/weights.ts";
import { planRoom, writingGround } from "#run/evaluation/writing.ts";
import { planCapacity } from "#run/memory/capacity.ts";
import { admitModel, admitWriting } from "#session/admission.ts";
import type { RunSettings } from "#zo/commonSettings.ts";
import { traitsOf } from "#zo/resolveSettings.ts";
import { folderSources, parser } from "./files.ts";
import type { Arguments } from "./flags.ts";
import { nodeGpu, readShaders } from "./gpu.ts";

/** An opened model folder, with nothing on the GPU yet. */
export interface OpenedFolder {
  readonly name: string;
  readonly checkpoint: ModelFiles;
  readonly config: OptConfig;
  readonly tokenizer: Tokenizer;
}

export async function openFolder(folder: string): Promise<OpenedFolder> {
  const checkpoint = await parser.openModelFiles(folderSources(folder));
  for (const note of checkpoint.notes) console.error(note);
  const config = parseConfig(checkpoint.config);
  const tokenizer = loadTokenizer(checkpoint.tokenizerFiles);
  return { name: basename(resolve(folder)), checkpoint, config, tokenizer };
}

/** Opens a device. @throws ZerothError E-GPU-2 with advice where to get a driver */
export async function openNodeDevice(): Promise<Device> {
  try {
    return await openDevice(nodeGpu());
  } catch (error) {
    if (error instanceof ZerothError && error.code === "E-GPU-2") throw noVulkan();
    throw error;
  }
}

/** The error where no adapter is found. */
export function noVulkan(): ZerothError {
  return new ZerothError(
    "E-GPU-2",
    "No Vulkan driver offered a GPU. Install one (Debian: apt-get install mesa-vulkan-drivers), " +
      "or name one with ZEROTH_VULKAN.",
  );
}

export interface ModelWork {
  readonly settings?: RunSettings;
  /** Of the stored weights. */
  readonly dtype: WeightDtype;
  readonly trained: readonly EncodedExample[];
  readonly evaluated: readonly EncodedExample[];
  readonly linear: LinearChoice;
}

/** Returns the dtype of `--dtype`. @throws ZerothError E-CFG-1 */
export function dtypeFrom({ flags }: Arguments): WeightDtype {
  const wanted = flags["dtype"] ?? "f32";
  const dtype = weightDtypes.find((known) => known === wanted);
  if (dtype) return dtype;
  throw new ZerothError("E-CFG-1", `--dtype is "${wanted}"; it should be f32 or f16.`);
}

/** Returns a model over weights on the GPU, with buffers for this work. */
export function createModel(
  device: Device,
  weights: Weights,
  { settings, trained, evaluated, linear }: Omit<ModelWork, "dtype">,
): Promise<Model> {
  const batchSize = settings ? settings.batchSize : 64;
  const noise = settings ? settings.noise : "binomial";
  const { config, layout } = weights;
  const bindable = bindableBytes(device.info);
  const capacity = planCapacity(config, layout, bindable, batchSize, trained, evaluated);
  const isOneSided = settings !== undefined && traitsOf(settings).isOneSided;
  const sources = readShaders();
  return Model.create({ device, sources, weights, noise, isOneSided, capacity, linear });
}

/**
 * As `createModel`, with weights from model files.
 *
 * @throws ZerothError E-MEM-1 if they do not fit on the GPU
 */
export async function loadModel(
  device: Device,
  opened: OpenedFolder,
  work: ModelWork,
  head: HeadStart | null = null,
): Promise<Model> {
  await admitModel(device, withHead(opened.config, head), opened.name, work.dtype);
  return createModel(device, await loadWeights(device, opened, work.dtype, head), work);
}

/**
 * Puts weights of model files on the GPU, with this score head or without one. They must be known to fit.
 *
 * @throws ZerothError E-TASK-3 if the files have a head for another number of labels
 */
export async function loadWeights(
  device: Device,
  { config, checkpoint }: OpenedFolder,
  dtype: WeightDtype,
  head: HeadStart | null,
): Promise<Weights> {
  const tensors = matchTensors(parameterTable(config), checkpoint);
  const weights = allocateWeights(device, withHead(config, head), dtype);
  await weights.load(tensors.slice(0, weights.layout.table.length));
  initHead(weights, config, head?.seed ?? 0);
  if (config.numLabels !== null && head === null) {
    console.error(
      `The model's head for ${config.numLabels} labels is not used: the task has label words.`,
    );
  }
  return weights;
}

/** Rejects generation from these prompts if it does not fit on the GPU. @throws ZerothError E-MEM-1 */
export async function admitTexts(
  device: Device,
  model: Model,
  prompts: readonly (readonly number[])[],
  maxNewTokens: number,
): Promise<void> {
  if (prompts.length === 0) return;
  const { config, layout } = model;
  const room = planRoom(writingGround(model), prompts, maxNewTokens);
  await admitWriting(device, { config, layout, room });
}

/** Returns the limits of `--bos` and `--max-length`, within the model's positions. @throws ZerothError E-CFG-1 */
export function limitsFrom({ flags }: Arguments, config: OptConfig): TextLimits {
  const bos = flags["bos"] ?? "2";
  if (bos !== "0" && bos !== "2") {
    throw new ZerothError(
      "E-CFG-1",
      `--bos is "${bos}"; it should be 2 (OPT's own) or 0 (MeZO's).`,
    );
  }
  const length = Number(flags["max-length"] ?? config.maxPositionEmbeddings);
  return {
    bos: bos === "0" ? 0 : 2,
    maxLength: Math.min(length, config.maxPositionEmbeddings),
  };
}
