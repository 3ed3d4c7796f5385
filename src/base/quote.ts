const MAX_QUOTED = 120;

/** A name from a file, fit for a sentence: quoted, control characters escaped, never long. */
export function quote(name: string): string {
  return JSON.stringify(name.length > MAX_QUOTED ? `${name.slice(0, MAX_QUOTED)}…` : name);
}

/** 250518016 as "250,518,016". */
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
