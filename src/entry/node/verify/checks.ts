import type { Tokenizer } from "#data/tokenizer/tokenizer.ts";
import type { VerifyEngine } from "./engine.ts";
import type { Check } from "./values.ts";

/** Result of a check, as printed. */
export interface Outcome {
  readonly name: string;
  readonly expected: unknown;
  readonly got: unknown;
  /** The largest, or how many ids differ. */
  readonly difference: number;
  readonly allowed: number;
  readonly ok: boolean;
  /** Parts that could not be compared. */
  readonly left_out?: string;
}

export interface Verified {
  readonly engine: VerifyEngine;
  readonly tokenizer: Pick<Tokenizer, "encode">;
  readonly parameters: number;
}

/** Makes one check. @throws DeviceLost */
export async function makeCheck(check: Check, on: Verified): Promise<Outcome> {
  const { name, expected } = check;
  const { engine } = on;
  switch (check.kind) {
    case "parameters": {
      const difference = Math.abs(on.parameters - check.expected);
      return { name, expected, got: on.parameters, difference, allowed: 0, ok: difference === 0 };
    }
    case "tokens":
      return sameIds(name, check.expected, [2, ...on.tokenizer.encode(check.text)]);
    case "loss": {
      const got = await engine.loss(check.ids);
      return { name, expected, got, ...judge(check, [[check.expected, got]]) };
    }
    case "hidden": {
      const hidden = await engine.hidden(check.ids);
      const got = check.expected.map((row, i) => [...hidden[i]!.slice(0, row.length)]);
      return { name, expected, got, ...judge(check, pairs(check.expected, got)) };
    }
    case "logits mean":
      return checkLogits(check, engine);
    case "greedy":
      return sameIds(name, check.expected, await writeGreedily(check, engine));
    default:
      return check satisfies never;
  }
}

async function checkLogits(
  check: Extract<Check, { kind: "logits mean" }>,
  engine: VerifyEngine,
): Promise<Outcome> {
  const got: (readonly number[])[] = [];
  const real: number[][] = [];
  for (const [i, row] of check.ids.entries()) {
    const length = check.mask[i]!.lastIndexOf(1) + 1;
    got.push(engine.meanLogits(await engine.hidden(row.slice(0, length))));
    real.push(check.expected[i]!.slice(0, length));
  }
  const padding = check.ids.flat().length - got.flat().length;
  return {
    name: check.name,
    expected: real,
    got,
    ...judge(check, pairs(real, got)),
    ...(padding > 0 && {
      left_out:
        `${padding} positions of padding: transformers lets them see the row but not themselves; ` +
        "this program has no padding",
    }),
  };
}

async function writeGreedily(
  { ids, expected }: Extract<Check, { kind: "greedy" }>,
  engine: VerifyEngine,
): Promise<number[]> {
  const written: number[] = [];
  while (written.length < expected.length) {
    const hidden = await engine.hidden([...ids, ...written]);
    written.push(engine.likeliest(hidden.at(-1)!));
  }
  return written;
}

type Pair = readonly [expected: number, got: number];

function pairs(expected: readonly (readonly number[])[], got: readonly (readonly number[])[]) {
  return expected.flatMap((row, i) => row.map((value, j): Pair => [value, got[i]![j]!]));
}

/** Returns the pair with the largest difference relative to its bound. */
function judge(
  { allowed, relative = 0 }: { readonly allowed: number; readonly relative?: number | undefined },
  compared: readonly Pair[],
): Pick<Outcome, "difference" | "allowed" | "ok"> {
  const [worst] = compared
    .map(([expected, got]) => {
      const bound = allowed + relative * Math.abs(expected);
      return { difference: Math.abs(got - expected), allowed: bound };
    })
    .toSorted((a, b) => b.difference / b.allowed - a.difference / a.allowed);
  if (!worst) throw new Error("A check compares nothing.");
  // A NaN disagrees, wherever it was sorted.
  const ok = compared.every(([expected, got]) => {
    return Math.abs(got - expected) <= allowed + relative * Math.abs(expected);
  });
  return { ...worst, ok };
}

function sameIds(name: string, expected: readonly number[], got: readonly number[]): Outcome {
  const length = Math.max(expected.length, got.length);
  const differing = Array.from({ length }, (_, i) => Number(expected[i] !== got[i]));
  const difference = differing.reduce((sum, one) => sum + one, 0);
  return { name, expected, got, difference, allowed: 0, ok: difference === 0 };
}
