import { classic, contenderNames, twoForwards } from "./contenders.ts";
import { type Spread, spreadOf, spreadText, type Turn } from "./rounds.ts";
import type { AttentionShare, StepParts } from "./stepShares.ts";
import { printTable } from "./table.ts";

/* The tables of `bench -- step`. */

/** All that was measured with one number of tokens. */
export interface Measured {
  readonly tokens: number;
  readonly rounds: number;
  readonly clocks: readonly Clocked[];
  readonly parts: Readonly<Record<string, StepParts>>;
  /** What remained of MeZO's weight passes in each step of LeZO 0.75. */
  readonly lezoShares: readonly number[];
}

/** The rounds by one clock: who took how long, and each one's ratio to the two forwards beside it. */
interface Clocked {
  readonly meaning: string;
  readonly turns: readonly (readonly Turn[])[];
  readonly ratios: readonly Readonly<Record<string, number>>[];
}

/** What must hold: a ratio no larger than that, with so many tokens. */
interface Bar {
  readonly of: string;
  readonly to: string;
  most(tokens: number): number;
}

const bars: readonly Bar[] = [
  { of: "MeZO", to: twoForwards, most: (tokens) => (tokens < 256 ? 1.4 : 1.15) },
  { of: "MeZO", to: classic, most: (tokens) => (tokens < 256 ? 0.9 : 1) },
  { of: "Sparse-MeZO", to: "MeZO", most: () => 1.03 },
  { of: "LeZO 0.5", to: "MeZO", most: () => 1 },
  { of: "LeZO 0.75", to: "MeZO", most: () => 1 },
];

/** Medians of a number of tokens, for whoever waits for the rest. */
export function progressText({ tokens, rounds, clocks }: Measured): string {
  const [clock] = clocks;
  const medians = Object.keys(clock?.ratios[0] ?? {}).map(
    (name) => `${name} ${spreadIn(clock!, name, twoForwards).median.toFixed(2)}`,
  );
  return `${tokens} tokens, ${rounds} rounds: ${medians.join(", ")} of ${twoForwards}`;
}

export function printStep(
  what: string,
  results: readonly Measured[],
  attention: readonly AttentionShare[],
  text: number,
): void {
  results[0]?.clocks.forEach((clock, i) => {
    console.log(
      `A step's time divided by that of others in the same round, ${clock.meaning} (${what}): ` +
        "median and quartiles over the rounds.\n",
    );
    printRatios(results, i);
    console.log("");
  });
  console.log(`${aboutClocks}\n\n${aboutBound}\n`);
  printParts(results);
  console.log(
    "\nAttention's share of MeZO's step by the GPU's clock, with short texts and with one text:\n",
  );
  printAttention(results, attention, text);
}

const aboutClocks =
  "Processor time counts the driver's threads alone: not this one, which waits by asking, and on " +
  "Linux not what the machine below gave to others meanwhile. The wall clock has both. What a " +
  "processor loses by sharing its caches and clock rate is in either.";

const aboutBound =
  "Bound of LeZO: MeZO's step with the part of its weight passes left out that LeZO 0.75 need not do, " +
  "by the plans of the steps run and MeZO's share of weight passes by the GPU's clock. Noise of a " +
  "weight is drawn twice, for the update pending and for the probe. With embeddings that are always " +
  "tuned, the forward passes remain whole; what products gain where both signs read the same weights " +
  "is not in the bound.";

function printRatios(results: readonly Measured[], clock: number): void {
  const rows = results.map(({ clocks }) => clocks[clock]!);
  const each = (cell: (one: Clocked, i: number) => string) => rows.map(cell);
  const measured = rows[0]?.ratios[0] ?? {};
  const inOrder = contenderNames.filter((name) => Object.hasOwn(measured, name));
  printTable(
    ["tokens per sign", ...results.map(({ tokens }) => String(tokens))],
    [
      ["rounds", ...results.map(({ rounds }) => String(rounds))],
      [`${twoForwards}, ms`, ...each((one) => baseMs(one).toFixed(0))],
      ...inOrder.map((name) => [
        `${name} ÷ ${twoForwards}${barText(name, twoForwards, results)}`,
        ...each((one, i) => cellOf(one, name, twoForwards, results[i]!.tokens)),
      ]),
      ...bars
        .filter(({ to }) => to !== twoForwards)
        .map(({ of, to }) => [
          `${of} ÷ ${to}${barText(of, to, results)}`,
          ...each((one, i) => cellOf(one, of, to, results[i]!.tokens)),
        ]),
      ["bound of LeZO 0.75 ÷ MeZO", ...results.map(boundText)],
    ],
  );
}

function baseMs({ turns }: Clocked): number {
  const base = turns.flat().filter(({ name }) => name === twoForwards);
  return spreadOf(base.map(({ ms }) => ms)).median;
}

function spreadIn({ ratios }: Clocked, of: string, to: string): Spread {
  return spreadOf(ratios.map((round) => round[of]! / (to === twoForwards ? 1 : round[to]!)));
}

function cellOf(one: Clocked, of: string, to: string, tokens: number): string {
  const spread = spreadIn(one, of, to);
  const bar = bars.find((known) => known.of === of && known.to === to);
  return spreadText(spread) + (bar ? verdictOf(spread, bar.most(tokens)) : "");
}

/** Nothing is said where even the upper quartile is below the bar. */
function verdictOf({ median, lower, upper }: Spread, most: number): string {
  if (upper <= most) return "";
  if (lower > most) return ", above the bar";
  return median <= most ? ", below it by the median" : ", above it by the median";
}

/** The bars of a row, such as ", ≤ 1.4 and 1.15". */
function barText(of: string, to: string, results: readonly Measured[]): string {
  const bar = bars.find((known) => known.of === of && known.to === to);
  if (!bar) return "";
  return `, ≤ ${[...new Set(results.map(({ tokens }) => bar.most(tokens)))].join(" and ")}`;
}

function boundText({ parts, lezoShares }: Measured): string {
  const share = parts["MeZO"]?.shares.weightPass;
  if (share === undefined || lezoShares.length === 0) return "no clock";
  const left = lezoShares.reduce((sum, one) => sum + one, 0) / lezoShares.length;
  const bound = 1 - share * (1 - left);
  return `${bound.toFixed(2)} (${percent(left)} of ${percent(share)} remain)`;
}

function printParts(results: readonly Measured[]): void {
  console.log("Where the time of a step goes by the GPU's clock, medians:\n");
  printTable(
    ["tokens per sign", "step", "ms", "weight passes", "products", "attention", "loss and rest"],
    results.flatMap(({ tokens, parts }) =>
      Object.entries(parts).map(([name, { ms, shares }]) => [
        String(tokens),
        name,
        ms.toFixed(1),
        percent(shares.weightPass),
        percent(shares.products),
        percent(shares.attention),
        percent(shares.rest),
      ]),
    ),
  );
}

function printAttention(
  results: readonly Measured[],
  attention: readonly AttentionShare[],
  text: number,
): void {
  const cell = (tokens: number, length: number) => {
    const found = attention.find((one) => one.tokens === tokens && one.text === length);
    return found?.share == null ? "no clock" : percent(found.share);
  };
  printTable(
    ["tokens per sign", ...results.map(({ tokens }) => String(tokens))],
    [
      [
        `texts of ${text} tokens`,
        ...results.map(({ tokens }) => cell(tokens, Math.min(text, tokens))),
      ],
      ["one text of all", ...results.map(({ tokens }) => cell(tokens, tokens))],
    ],
  );
}

function percent(share: number): string {
  return `${(100 * share).toFixed(0)} %`;
}
