import type { AdapterFacts } from "#gpu/device.ts";

/**
 * How Philox is computed on an adapter, for every card that draws random numbers. The bits are the same.
 *
 * @see shaders/lib/philox.wgsl
 */
export function philoxConstants({ isSwiftShader }: Pick<AdapterFacts, "isSwiftShader">) {
  return { SHIFTS_BY_FLOATS: isSwiftShader ? 1 : 0 };
}
