import { type Storage, storages } from "#base/storage.ts";
import type { Card } from "#gpu/card.ts";
import type { Kernel } from "#gpu/kernel.ts";
import type { Layout } from "./layout.ts";

/** A kernel that reads θ, compiled for every way a layout stores it. */
export type ByStorage = ReadonlyMap<Storage, Kernel>;

/** Every way in which this layout stores weights. */
export function storagesOf({ vectors, matrices }: Layout): readonly Storage[] {
  return [...new Set([vectors.storage, ...[...matrices.values()].map(({ storage }) => storage)])];
}

export async function compileByStorage(
  layout: Layout,
  card: Card,
  compile: (card: Card, constants: Readonly<Record<string, number>>) => Promise<Kernel>,
  constants: Readonly<Record<string, number>> = {},
): Promise<ByStorage> {
  const compiled = storagesOf(layout).map(async (storage) => {
    const STORAGE = storages.indexOf(storage);
    return [storage, await compile(card, { ...constants, STORAGE })] as const;
  });
  return new Map(await Promise.all(compiled));
}

export function kernelFor(kernels: ByStorage, storage: Storage): Kernel {
  const kernel = kernels.get(storage);
  if (kernel) return kernel;
  throw new Error(`No kernel was compiled for weights stored as ${storage}.`);
}
