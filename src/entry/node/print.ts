/** Prints one JSON line on stdout. Messages for people go to stderr. */
export function print(result: Readonly<Record<string, unknown>>): void {
  process.stdout.write(`${JSON.stringify(result)}\n`);
}
