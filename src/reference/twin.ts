/**
 * A kernel's twin: the same computation in plain loops on the CPU, with inputs to compare the two on.
 * Tests find every twin of this folder and run its cases on every adapter.
 */
export interface Twin {
  /** Name of the kernel's card. */
  readonly card: string;
  cases(): readonly TwinCase[];
  /** The expected contents of every buffer that the kernel writes, by name, untouched parts included. */
  run(testCase: TwinCase): Outputs;
  /** How far the kernel may be off. */
  bound(testCase: TwinCase): Bound;
}

/** One use of a kernel. */
export interface TwinCase {
  /** What is special about this case. */
  readonly name: string;
  readonly overrides: Readonly<Record<string, number>>;
  readonly params: Readonly<Record<string, number>>;
  /** Shared uniform structs by the name of their binding: `state`, `batch`. */
  readonly uniforms: Readonly<Record<string, Readonly<Record<string, number>>>>;
  /** Contents of every storage buffer before the kernel runs. */
  readonly buffers: Readonly<Record<string, Numbers>>;
  readonly workgroups: readonly [x: number, y: number, z?: number];
}

export type Numbers = Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

/**
 * Float64Array if the twin computes in doubles, Float32Array if it repeats every rounding of the kernel,
 * Uint32Array for integers and for floats kept as bits.
 */
export type Outputs = Readonly<
  Record<string, Float64Array<ArrayBuffer> | Float32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>>
>;

/** Allowed: absolute + relative · |expected|. Both 0: every bit must agree. */
export interface Bound {
  readonly absolute: number;
  readonly relative: number;
}

export const toTheBit: Bound = { absolute: 0, relative: 0 };

/** A buffer of floats of a case. @throws Error if the case has none of that name */
export function floats({ name, buffers }: TwinCase, key: string): Float32Array<ArrayBuffer> {
  const values = buffers[key];
  if (values instanceof Float32Array) return values;
  throw new Error(`The case "${name}" has no floats "${key}".`);
}

/** A buffer of words of a case. @throws Error if the case has none of that name */
export function words({ name, buffers }: TwinCase, key: string): Uint32Array<ArrayBuffer> {
  const values = buffers[key];
  if (values instanceof Uint32Array) return values;
  throw new Error(`The case "${name}" has no words "${key}".`);
}

/** A parameter of a case. @throws Error if the case has none of that name */
export function param({ name, params }: TwinCase, key: string): number {
  const value = params[key];
  if (value !== undefined) return value;
  throw new Error(`The case "${name}" has no parameter "${key}".`);
}

/** The run's seed, from the two words of the uniform `state`. */
export function seedOf(testCase: TwinCase): number {
  return field(testCase, "state", "seed_low") + field(testCase, "state", "seed_high") * 2 ** 32;
}

/** A field of a shared uniform of a case. @throws Error if the case has none of that name */
export function field({ name, uniforms }: TwinCase, uniform: string, key: string): number {
  const value = uniforms[uniform]?.[key];
  if (value !== undefined) return value;
  throw new Error(`The case "${name}" has no field "${key}" in "${uniform}".`);
}
