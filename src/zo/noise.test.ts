import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { elementsPerCall, type NoiseKind, noise, noiseKinds } from "./noise.ts";

/**
 * Numbers of an independent implementation in numpy.
 *
 * python: noise(kind, seed=42, tensor=3, step=7, probe=1, n=20)
 */
const first20: Readonly<Record<NoiseKind, readonly number[]>> = {
  binomial: [
    -0.5, -0.5, 0.5, 0.5, -0.5, 0, -0.5, 0, 1, 1, 0.5, -1, 0, 0, -1, -0.5, 1, -1.5, -1, 1.5,
  ],
  rademacher: [1, 1, -1, -1, -1, -1, -1, -1, 1, -1, 1, 1, 1, -1, -1, 1, -1, 1, 1, -1],
  gaussian: [
    -0.1684238761663437, -1.0962116718292236, 1.7424403429031372, -1.3540894985198975,
    0.10210201144218445, 0.2527080178260803, 0.07059237360954285, -0.8010430932044983,
    -0.11295373737812042, -1.8106882572174072, 0.462022066116333, -1.0453200340270996,
    -1.6464208364486694, -0.09706797450780869, 0.06675247848033905, 1.5237621068954468,
    -0.5307750105857849, -1.236837387084961, 0.21630904078483582, 0.8679445385932922,
  ],
};

/** python: noise(kind, seed=2**40 + 5, tensor=0, step=0, probe=0, n=300000)[299990:] */
const farOut: Readonly<Record<NoiseKind, readonly number[]>> = {
  binomial: [-1, 1, 2, 0.5, 0, -0.5, 1, 0, 1.5, -0.5],
  rademacher: [1, -1, 1, -1, -1, -1, -1, 1, 1, -1],
  gaussian: [
    0.5236884355545044, 0.5395748019218445, -0.8839123249053955, -0.3437913954257965,
    1.1844555139541626, -0.15102437138557434, -0.5125815272331238, 2.235205888748169,
    -0.6521797776222229, 0.4869689643383026,
  ],
};

const direction = { step: 7, probe: 1 };

describe.each(noiseKinds)("%s noise", (kind) => {
  test("equals that of an independent implementation", () => {
    const z = noise(kind, 42, direction, 3, 0, 20);
    const far = noise(kind, 2 ** 40 + 5, { step: 0, probe: 0 }, 0, 299_990, 10);
    // Two libraries' logarithm and cosine may round differently.
    const digits = kind === "gaussian" ? 6 : 12;
    for (const [i, value] of first20[kind].entries()) expect(z[i]).toBeCloseTo(value, digits);
    for (const [i, value] of farOut[kind].entries()) expect(far[i]).toBeCloseTo(value, digits);
  });

  test("of a range does not depend on its first element", () => {
    const whole = noise(kind, 42, direction, 3, 0, 600);
    const stretch = fc.tuple(fc.nat(599), fc.nat(300));
    fc.assert(
      fc.property(stretch, ([start, count]) => {
        const end = Math.min(600, start + count);
        expect(noise(kind, 42, direction, 3, start, end - start)).toEqual(whole.slice(start, end));
      }),
    );
  });

  test("has mean 0 and variance 1", () => {
    const n = 200_000;
    const z = noise(kind, 1, direction, 0, 0, n);
    const moment = (power: number) => z.reduce((sum, value) => sum + value ** power, 0) / n;
    const kurtosis = { binomial: 2.875, rademacher: 1, gaussian: 3 }[kind];
    // Five standard errors of each.
    expect(Math.abs(moment(1))).toBeLessThan(5 / Math.sqrt(n));
    expect(Math.abs(moment(2) - 1)).toBeLessThan(5 * Math.sqrt((kurtosis - 1) / n) + 1e-7);
    expect(Math.abs(moment(4) - kurtosis)).toBeLessThan(5 * Math.sqrt(96 / n));
  });

  test("differs for another seed, step, probe or tensor", () => {
    const z = noise(kind, 42, direction, 3, 0, 200);
    const others = [
      noise(kind, 43, direction, 3, 0, 200),
      noise(kind, 42 + 2 ** 32, direction, 3, 0, 200),
      noise(kind, 42, { step: 8, probe: 1 }, 3, 0, 200),
      noise(kind, 42, { step: 7, probe: 0 }, 3, 0, 200),
      noise(kind, 42, direction, 4, 0, 200),
    ];
    for (const other of others) {
      const correlation = other.reduce((sum, value, i) => sum + value * z[i]!, 0) / 200;
      // Independent directions: 1/sqrt(200) = 0.07 is one standard error.
      expect(Math.abs(correlation)).toBeLessThan(0.3);
    }
  });
});

test("binomial noise has 17 values, steps of a half from -4 to 4", () => {
  const values = new Set(noise("binomial", 5, direction, 0, 0, 400_000));
  expect([...values].sort((a, b) => a - b)).toEqual(
    Array.from({ length: 17 }, (_, i) => (i - 8) / 2),
  );
});

test("one call of the generator yields 8 binomial, 128 rademacher and 4 gaussian elements", () => {
  expect(elementsPerCall).toEqual({ binomial: 8, rademacher: 128, gaussian: 4 });
});
