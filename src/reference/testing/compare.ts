import type { Bound, Outputs } from "../twin.ts";

/** The largest deviation of an output. An `excess` above 1 is more than the bound allows. */
export interface Difference {
  readonly excess: number;
  readonly at: number;
  readonly expected: number;
  readonly actual: number;
}

const none: Difference = { excess: 0, at: 0, expected: 0, actual: 0 };

/**
 * Compares an output of a kernel with that of its twin.
 *
 * If the bound is 0, every bit counts, even the sign of a zero. Words that differ agree only if both, read
 * as floats, are normal numbers within the bound. All NaNs are equal.
 */
export function compare(expected: Outputs[string], actual: ArrayBuffer, bound: Bound): Difference {
  if (expected.length * 4 !== actual.byteLength) return { ...none, excess: Infinity, at: -1 };
  const words = new Uint32Array(actual);
  const floats = new Float32Array(actual);
  const expectedFloats =
    expected instanceof Uint32Array ? new Float32Array(expected.buffer) : expected;
  let worst = none;
  for (let i = 0; i < expected.length; i++) {
    const [a, b] = [expectedFloats[i]!, floats[i]!];
    const bits = expected instanceof Uint32Array ? expected[i]! : bitsOf(a);
    if (bits === words[i] || (Number.isNaN(a) && Number.isNaN(b))) continue;
    const areNumbers = !(expected instanceof Uint32Array) || (isNormal(a) && isNormal(b));
    const excess = areNumbers ? excessOf(a, b, bound) : Infinity;
    if (excess > worst.excess) worst = { excess, at: i, expected: a, actual: b };
  }
  return worst;
}

function excessOf(expected: number, actual: number, { absolute, relative }: Bound): number {
  if (absolute === 0 && relative === 0) return Infinity;
  if (expected === actual) return 0;
  const excess = Math.abs(expected - actual) / (absolute + relative * Math.abs(expected));
  return Number.isNaN(excess) ? Infinity : excess;
}

const scratch = new DataView(new ArrayBuffer(4));

function bitsOf(value: number): number {
  scratch.setFloat32(0, value);
  return scratch.getUint32(0);
}

function isNormal(value: number): boolean {
  return Number.isFinite(value) && Math.abs(value) >= 2 ** -126;
}
