/*
 * How long one thing takes beside another, on a machine whose speed comes and goes: everything runs
 * once a round, so that what is compared was measured within seconds, and a ratio is taken within its
 * round before anything is averaged.
 */

/** Something that ran, and how long it took. */
export interface Turn {
  readonly name: string;
  readonly ms: number;
}

/** Median and quartiles. */
export interface Spread {
  readonly median: number;
  readonly lower: number;
  readonly upper: number;
}

/**
 * Who runs in a round, one after another. The base runs first, last and after every two others; the
 * others begin with another one each round and go backwards in every second, so that none always finds
 * the machine as the same neighbour left it.
 */
export function turnsOf(base: string, others: readonly string[], round: number): string[] {
  const first = round % others.length;
  const rotated = [...others.slice(first), ...others.slice(0, first)];
  const order = round % 2 === 0 ? rotated : rotated.reverse();
  return [
    base,
    ...order.flatMap((name, i) => (i % 2 === 1 || i === order.length - 1 ? [name, base] : [name])),
  ];
}

/**
 * What each took in a round, divided by the mean of the base's runs next before and next after it.
 *
 * @param turns in the order they ran, the base first and last
 */
export function ratiosOf(base: string, turns: readonly Turn[]): Readonly<Record<string, number>> {
  const isBase = ({ name }: Turn) => name === base;
  const ratios: Record<string, number> = {};
  turns.forEach((turn, i) => {
    if (isBase(turn)) return;
    const before = turns.slice(0, i).findLast(isBase);
    const after = turns.slice(i + 1).find(isBase);
    if (!before || !after) throw new Error(`"${base}" does not run on both sides of ${turn.name}.`);
    ratios[turn.name] = turn.ms / ((before.ms + after.ms) / 2);
  });
  return ratios;
}

/** Median and quartiles, between two values where none lies there. */
export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  const at = (share: number) => {
    const place = share * (sorted.length - 1);
    const below = sorted[Math.floor(place)] ?? Number.NaN;
    const above = sorted[Math.ceil(place)] ?? Number.NaN;
    return below + (place - Math.floor(place)) * (above - below);
  };
  return { median: at(0.5), lower: at(0.25), upper: at(0.75) };
}

/** The median, and the quartiles in brackets. */
export function spreadText({ median, lower, upper }: Spread): string {
  return `${median.toFixed(2)} (${lower.toFixed(2)}–${upper.toFixed(2)})`;
}
