import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import { filesIn, parse } from "./testing/sources.ts";

/** Class names that components take from style sheets, by sheet. */
const used = new Map<string, Set<string>>();
/** Sheets indexed by an expression: any of their classes may be meant. */
const indexed = new Set<string>();

for (const file of filesIn("src/ui", /\.tsx?$/)) collect(file);

const sheets = filesIn("src/ui", /\.module\.css$/);

test("every class that a component names exists in its style sheet", () => {
  const missing = [...used].flatMap(([sheet, names]) => {
    const known = new Set(classesOf(sheet));
    return [...names].filter((name) => !known.has(name)).map((name) => `${sheet}: ${name}`);
  });
  expect(missing).toEqual([]);
});

test("every class of a style sheet is used by a component", () => {
  const unused = sheets
    .filter((sheet) => !indexed.has(sheet))
    .flatMap((sheet) =>
      classesOf(sheet)
        .filter((name) => !used.get(sheet)?.has(name))
        .map((name) => `${sheet}: ${name}`),
    );
  expect(unused).toEqual([]);
});

function classesOf(sheet: string): string[] {
  const text = readFileSync(sheet, "utf8")
    .replace(/\/\*.*?\*\//gs, "")
    .replace(/:global\([^)]*\)/g, "");
  // Selectors only: a number such as 0.5rem has no letter behind its point.
  return [...new Set([...text.matchAll(/\.([a-zA-Z][\w-]*)/g)].map((match) => match[1] ?? ""))];
}

function collect(file: string): void {
  const source = parse(file);
  const sheetOf = new Map<string, string>();
  for (const statement of source.statements) {
    if (!ts.isImportDeclaration(statement) || !ts.isStringLiteral(statement.moduleSpecifier))
      continue;
    const { text } = statement.moduleSpecifier;
    const name = statement.importClause?.name?.text;
    if (text.endsWith(".module.css") && name) sheetOf.set(name, join(dirname(file), text));
  }
  visit(source, (node) => {
    const isProperty = ts.isPropertyAccessExpression(node);
    if (!isProperty && !ts.isElementAccessExpression(node)) return;
    const sheet = ts.isIdentifier(node.expression) && sheetOf.get(node.expression.text);
    if (!sheet) return;
    if (isProperty) used.set(sheet, (used.get(sheet) ?? new Set()).add(node.name.text));
    else indexed.add(sheet);
  });
}

function visit(node: ts.Node, see: (node: ts.Node) => void): void {
  see(node);
  ts.forEachChild(node, (child) => visit(child, see));
}
