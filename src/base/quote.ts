/** A name from a file, fit for a sentence: quoted, control characters escaped, never long. */
export function quote(name: string): string {
  const LONGEST = 120;
  return JSON.stringify(name.length > LONGEST ? `${name.slice(0, LONGEST)}…` : name);
}

/** 250518016 as "250,518,016". */
export function count(value: number): string {
  return value.toLocaleString("en-US");
}
