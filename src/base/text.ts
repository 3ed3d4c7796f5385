const MAX_QUOTED = 120;

/** Quotes a name from a file for a message: control characters escaped, at most 120 characters. */
export function quote(name: string): string {
  return JSON.stringify(name.length > MAX_QUOTED ? `${name.slice(0, MAX_QUOTED)}…` : name);
}

/** Formats 250518016 as "250,518,016". */
export function count(value: number): string {
  return value.toLocaleString("en-US");
}

/** `1 row`, `4,210 rows`. */
export function plural(n: number, noun: string): string {
  return `${count(n)} ${noun}${n === 1 ? "" : "s"}`;
}

/** The first few names, quoted, and how many more there are. */
export function listOf(names: readonly string[], shown = 5): string {
  const rest = names.length - shown;
  const first = names.slice(0, shown).map(quote).join(", ");
  return rest > 0 ? `${first} and ${count(rest)} more` : first;
}

/** Names from a file in a sentence, as they are: the first few, none of them long, and how many more there are. */
export function briefList(names: readonly string[], shown = 12): string {
  const rest = names.length - shown;
  const first = names.slice(0, shown).map(cut).join(", ");
  return rest > 0 ? `${first} and ${count(rest)} more` : first;
}

function cut(name: string): string {
  const LONGEST = 40;
  return name.length > LONGEST ? `${name.slice(0, LONGEST)}…` : name;
}

/** Formats a size as "251 MB": decimal units, as in file managers and on download pages. */
export function bytesText(value: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let scaled = value;
  let unit = 0;
  while (scaled >= 999.5 && unit < units.length - 1) {
    scaled /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || scaled >= 99.95 ? 0 : 1;
  return `${scaled.toFixed(digits)} ${units[unit]}`;
}

/** Returns the number of letters to insert, remove or replace to turn one text into the other. */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, previous[j]! + 1, row[j - 1]! + 1));
    }
    previous = row;
  }
  return previous[b.length]!;
}

/** No known name is as long, and comparing takes the product of both lengths. */
const LONGEST_NAME = 100;

/** Returns the known name closest to an unknown one, if it is close enough to be a typing error. */
export function nearestName(wanted: string, known: readonly string[]): string | undefined {
  if (wanted.length > LONGEST_NAME) return undefined;
  const limit = Math.max(1, Math.floor(wanted.length / 3));
  const [best] = known
    .map((name) => ({ name, distance: editDistance(wanted, name) }))
    .sort((a, b) => a.distance - b.distance);
  return best && best.distance <= limit ? best.name : undefined;
}
