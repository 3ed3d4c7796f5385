import { type Storage, storages } from "#base/dtype.ts";
import type { Card, OverridesOf } from "#gpu/card.ts";
import type { AdapterFacts, Device } from "#gpu/device.ts";
import { compileKernel, type Kernel } from "#gpu/kernel.ts";
import * as gpu from "#gpu/kernels.gen.ts";
import type { ShaderSources } from "#gpu/wgsl.ts";
import { type NoiseKind, noiseKinds } from "#zo/noise.ts";
import type { OptConfig } from "./config.ts";
import { hasWholeGroups, type Layout } from "./layout.ts";
import { eachClass, type LinearChoice, packedCards } from "./linearChoice.ts";
import type { LinearCard } from "./linearKernels.ts";
import type { Weights } from "./weights.ts";

/** What decides which kernels a model needs. */
export interface KernelNeeds {
  readonly device: Device;
  readonly sources: ShaderSources;
  readonly weights: Weights;
  readonly noise: NoiseKind;
  /** Probes are one-sided; default: two-sided. */
  readonly isOneSided?: boolean;
  readonly linear: LinearChoice;
  readonly onCompiled?: (done: number, total: number) => void;
}

export type ModelKernels = Awaited<ReturnType<typeof compileKernels>>;

/** A kernel that reads θ, compiled for each way in which a layout stores weights. */
export type ByStorage<C extends Card = Card> = ReadonlyMap<Storage, Kernel<C>>;

/**
 * Threads per workgroup of a weight pass on software adapters. Their start-up cost per thread is high, so
 * few threads with more work each are faster.
 */
export const SOFTWARE_PASS_THREADS = 16;

/**
 * Threads per row of the kernels that reduce a row, on software adapters. Barriers between more than a
 * subgroup or two are expensive there: with 32 threads, norms took a third of a step of the demo on
 * SwiftShader, with 8 a tenth.
 */
export const SOFTWARE_ROW_THREADS = 8;

/** Tokens of one head that a thread of `attention` computes. */
export const ATTENTION_TOKENS = 4;

/** Threads per workgroup of `attention`: as many as 16 KiB of workgroup memory hold the sums of. */
export function attentionThreads(headWidth: number): number {
  const most = 16384 / (ATTENTION_TOKENS * 4 * headWidth);
  return most >= 32 ? 32 : most >= 16 ? 16 : most >= 8 ? 8 : 4;
}

/** Columns of an attention head. */
export function headWidthOf({ hiddenSize, numAttentionHeads }: OptConfig): number {
  return hiddenSize / numAttentionHeads;
}

/** Overrides of every kernel that draws random numbers. @see shaders/lib/philox.wgsl */
export function philoxOverrides({ isSwiftShader }: Pick<AdapterFacts, "isSwiftShader">) {
  return { SHIFTS_BY_FLOATS: isSwiftShader ? 1 : 0 };
}

/** Compiles every kernel of a model at once. @throws ZerothError E-GPU-5 */
export async function compileKernels({
  device,
  sources,
  weights: { config, layout },
  noise,
  isOneSided = false,
  linear,
  onCompiled,
}: KernelNeeds) {
  let [done, total] = [0, 0];
  const compile = async <C extends Card>(card: C, overrides: OverridesOf<C> = {}) => {
    total++;
    const kernel = await compileKernel(device.device, sources, card, overrides);
    onCompiled?.(++done, total);
    return kernel;
  };
  const { isSoftware } = device.info;
  const perRow = isSoftware ? { WORKGROUP_SIZE: SOFTWARE_ROW_THREADS } : {};
  const perPass = isSoftware ? { WORKGROUP_SIZE: SOFTWARE_PASS_THREADS } : {};
  const drawing = {
    NOISE_KIND: noiseKinds.indexOf(noise),
    ONE_SIDED: Number(isOneSided),
    ...philoxOverrides(device.info),
  };
  const weightPass = hasWholeGroups(layout) ? gpu.weightPassWhole : gpu.weightPass;
  const headWidth = headWidthOf(config);
  const linearKernels = new Map<LinearCard, Promise<Kernel<LinearCard>>>();
  const compileLinear = (card: LinearCard) => {
    const kernel = linearKernels.get(card) ?? compile(card);
    linearKernels.set(card, kernel);
    return kernel;
  };
  const packed = packedCards(linear, layout.dtype, { features: device.device.features, config });
  return allOf({
    weightPass: compileByStorage(layout, weightPass, compile, { ...drawing, ...perPass }),
    oneTermPass: compileByStorage(layout, weightPass, compile, {
      ...drawing,
      ...perPass,
      ONE_TERM: 1,
    }),
    embed: compileByStorage(layout, gpu.embed, compile, drawing),
    addEmbedding: compileByStorage(layout, gpu.embed, compile, { ...drawing, ACCUMULATES: 1 }),
    coefficients: compile(gpu.coefficients),
    layerNorm: compile(gpu.layerNorm, perRow),
    attention: compile(gpu.attention, {
      HEAD_WIDTH: headWidth,
      WORKGROUP_SIZE: attentionThreads(headWidth),
    }),
    copyScored: compile(gpu.copyRows, { KIND: gpu.constants.COPY_SCORED }),
    copySign: compile(gpu.copyRows, { KIND: gpu.constants.COPY_SIGN }),
    logSumExp: compile(gpu.logSumExp, perRow),
    optionLoss: compile(gpu.optionLoss),
    linear: allOf(eachClass((name) => compileLinear(linear[name]))),
    packedLinear: allOf(
      Object.fromEntries([...packed].map(([name, card]) => [name, compileLinear(card)])),
    ),
  });
}

/** Compiles a kernel for each way in which a layout stores weights. */
export async function compileByStorage<C extends Card & { overrides: { STORAGE: number } }>(
  { vectors, matrices }: Layout,
  card: C,
  compile: (card: C, overrides: OverridesOf<C>) => Promise<Kernel<C>>,
  overrides: OverridesOf<C> = {},
): Promise<ByStorage<C>> {
  const used = new Set([vectors.storage, ...[...matrices.values()].map(({ storage }) => storage)]);
  const compiled = [...used].map(async (storage) => {
    const STORAGE = storages.indexOf(storage);
    return [storage, await compile(card, { ...overrides, STORAGE })] as const;
  });
  return new Map(await Promise.all(compiled));
}

export function kernelFor<C extends Card>(kernels: ByStorage<C>, storage: Storage): Kernel<C> {
  const kernel = kernels.get(storage);
  if (kernel) return kernel;
  throw new Error(`No kernel was compiled for weights stored as ${storage}.`);
}

/** Awaits every promise of a record. */
async function allOf<T extends Readonly<Record<string, unknown>>>(
  promises: T,
): Promise<{ readonly [Name in keyof T]: Awaited<T[Name]> }> {
  const entries = Object.entries(promises).map(async ([name, promise]) => [name, await promise]);
  return Object.fromEntries(await Promise.all(entries));
}
