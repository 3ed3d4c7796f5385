/** Letters to insert, remove or replace to turn one text into the other. */
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

/** The known name closest to a mistyped one, if it is close enough to be a slip of the hand. */
export function nearestName(wanted: string, known: readonly string[]): string | undefined {
  if (wanted.length > LONGEST_NAME) return undefined;
  const MOST = Math.max(1, Math.floor(wanted.length / 3));
  const [best] = known
    .map((name) => ({ name, distance: editDistance(wanted, name) }))
    .sort((a, b) => a.distance - b.distance);
  return best && best.distance <= MOST ? best.name : undefined;
}
