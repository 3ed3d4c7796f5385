/** Prints rows as a Markdown table, on the console by default. */
export function printTable(
  head: readonly string[],
  rows: readonly (readonly string[])[],
  print: (line: string) => void = (text) => console.log(text),
): void {
  const widths = head.map((title, i) =>
    Math.max(title.length, ...rows.map((row) => (row[i] ?? "").length)),
  );
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, i) => (cells[i] ?? "").padEnd(width)).join(" | ")} |`;
  print(line(head));
  print(`| ${widths.map((width) => "-".repeat(width)).join(" | ")} |`);
  for (const row of rows) print(line(row));
}
