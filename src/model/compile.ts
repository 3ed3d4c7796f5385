import type { Card } from "#gpu/card.ts";
import type { Device } from "#gpu/device.ts";
import { compileKernel, type Kernel } from "#gpu/kernel.ts";
import type { ShaderSources } from "#gpu/wgsl.ts";
import { type NoiseKind, noiseKinds } from "#zo/noise.ts";
import { compileByStorage, storagesOf } from "./byStorage.ts";
import type { OptConfig } from "./config.ts";
import * as cards from "./kernels.ts";
import { hasWholeGroups, type Layout } from "./layout.ts";
import { cardsOf, eachClass, type LinearChoice, packedCards } from "./linearChoice.ts";
import { philoxConstants } from "./philoxConstants.ts";

/** What decides which kernels a model needs. */
export interface KernelNeeds {
  readonly device: Device;
  readonly sources: ShaderSources;
  readonly config: OptConfig;
  readonly layout: Layout;
  readonly noise: NoiseKind;
  /** Kernels for matrix products. */
  readonly linear: LinearChoice;
  readonly onCompiled?: (done: number, total: number) => void;
}

/** Columns of an attention head. */
export function headWidthOf({ hiddenSize, numAttentionHeads }: OptConfig): number {
  return hiddenSize / numAttentionHeads;
}

/** Compiles every kernel of a model, all at once. @throws ZerothError E-GPU-5 */
export async function compileAll(needs: KernelNeeds) {
  const { device, sources, config, layout, noise, linear } = needs;
  const packed = packedCards(linear, layout.dtype, { features: device.device.features, config });
  const linearCards = [...new Set([...cardsOf(linear), ...packed.values()])];
  const total = 7 + linearCards.length + 4 * storagesOf(layout).length;
  let done = 0;
  const compile = async <C extends cards.LinearCard | (typeof cards.cards)[number]>(
    card: C,
    constants: Readonly<Record<string, number>> = {},
  ): Promise<Kernel & { readonly card: C }> => {
    const kernel = await compileKernel(device.device, sources, card, constants);
    needs.onCompiled?.(++done, total);
    return { ...kernel, card };
  };
  const perRow = device.info.isSoftware ? { WORKGROUP_SIZE: cards.SOFTWARE_ROW_THREADS } : {};
  const noisy = { NOISE_KIND: noiseKinds.indexOf(noise), ...philoxConstants(device.info) };
  const byStorage = (card: Card, constants = {}) =>
    compileByStorage(layout, card, compile, { ...noisy, ...constants });
  const weightPass = hasWholeGroups(layout) ? cards.weightPassWhole : cards.weightPass;
  const perPass = device.info.isSoftware ? { WORKGROUP_SIZE: cards.SOFTWARE_PASS_THREADS } : {};
  const [
    any,
    one,
    coefficients,
    embedTokens,
    embedPositions,
    layerNorm,
    attention,
    gatherRows,
    logSumExp,
    optionLoss,
    copyRows,
    ...linearKernels
  ] = await Promise.all([
    byStorage(weightPass, perPass),
    byStorage(weightPass, { ...perPass, ONE_TERM: 1 }),
    compile(cards.coefficients),
    byStorage(cards.embedTokens),
    byStorage(cards.embedPositions),
    compile(cards.layerNorm, perRow),
    compile(cards.attention, {
      HEAD_WIDTH: headWidthOf(config),
      WORKGROUP_SIZE: cards.attentionThreads(headWidthOf(config)),
    }),
    compile(cards.gatherRows),
    compile(cards.logSumExp, perRow),
    compile(cards.optionLoss),
    compile(cards.copyRows),
    ...linearCards.map((card) => compile(card)),
  ]);
  return {
    weightPass: { any, one },
    coefficients,
    embedTokens,
    embedPositions,
    layerNorm,
    attention,
    gatherRows,
    logSumExp,
    optionLoss,
    copyRows,
    linear: eachClass((name) => linearKernels[linearCards.indexOf(linear[name])]!),
    overHalves: new Map(
      [...packed].map(([name, card]) => [name, linearKernels[linearCards.indexOf(card)]!]),
    ),
  };
}
