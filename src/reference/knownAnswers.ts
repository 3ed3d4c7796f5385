import { keyOf, philox4x32, type Words } from "#zo/philox.ts";
import { param, type Twin, type TwinCase, toTheBit, words } from "./twin.ts";

/** words[i] = Philox4x32-10 of the i-th (counter, key). */
export const twin: Twin = {
  card: "known_answers",
  cases: () =>
    [0, 1].flatMap((SHIFTS_BY_FLOATS) => [
      philoxCase("Random123's known answers", publishedAnswers, { SHIFTS_BY_FLOATS }),
      philoxCase(
        "a thousand counters, with every carry of the products among them",
        Array.from({ length: 1000 }, (_, i) => {
          return { counter: philox4x32([i, 0, 0, 0], keyOf(1)), key: [i, 0xffffffff - i] };
        }),
        { SHIFTS_BY_FLOATS },
      ),
    ]),
  run(testCase) {
    const inputs = words(testCase, "inputs");
    const out = words(testCase, "words").slice();
    for (let i = 0; i < param(testCase, "count"); i++) {
      const [c0, c1, c2, c3, k0, k1] = inputs.subarray(i * 6);
      out.set(philox4x32([c0!, c1!, c2!, c3!], [k0!, k1!]), i * 4);
    }
    return { words: out };
  },
  bound: () => toTheBit,
};

interface Question {
  readonly counter: Words;
  readonly key: readonly [number, number];
}

/** Random123, file kat_vectors, lines `philox4x32 10`. */
export const publishedAnswers: readonly (Question & { readonly words: Words })[] = [
  {
    counter: [0, 0, 0, 0],
    key: [0, 0],
    words: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8],
  },
  {
    counter: [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
    key: [0xffffffff, 0xffffffff],
    words: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd],
  },
  {
    counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    key: [0xa4093822, 0x299f31d0],
    words: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  },
];

function philoxCase(
  name: string,
  questions: readonly Question[],
  overrides: Readonly<Record<string, number>>,
): TwinCase {
  return {
    name: overrides["SHIFTS_BY_FLOATS"] ? `${name}, shifts by floats` : name,
    overrides,
    params: { count: questions.length },
    uniforms: {},
    buffers: {
      inputs: new Uint32Array(questions.flatMap(({ counter, key }) => [...counter, ...key])),
      words: new Uint32Array(questions.length * 4 + 4).fill(5),
    },
    workgroups: [Math.ceil(questions.length / 64), 1],
  };
}
