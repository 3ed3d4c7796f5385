import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { toFailure } from "#base/errors.ts";
import { evaluateBench } from "./evaluate.ts";
import { forwardBench } from "./forward.ts";
import { gemmBench } from "./gemm.ts";
import { halvesBench } from "./halves.ts";
import { methodsBench } from "./methods.ts";
import { packedBench } from "./packed.ts";
import { stepBench } from "./step.ts";

/** One question a file: what it prints is a table, what it returns goes into a JSON file. */
const benches: Readonly<Record<string, (args: readonly string[]) => Promise<unknown>>> = {
  forward: forwardBench,
  gemm: gemmBench,
  halves: halvesBench,
  evaluate: evaluateBench,
  methods: methodsBench,
  packed: packedBench,
  step: stepBench,
};

const [name = "", ...rest] = process.argv.slice(2);
const bench = benches[name];
if (!bench) {
  console.error(`Usage: npm run bench -- ${Object.keys(benches).join(" | ")}`);
  process.exit(1);
}
try {
  const result = await bench(rest);
  const folder = ".cache/bench";
  mkdirSync(folder, { recursive: true });
  const path = `${folder}/${name}.json`;
  writeFileSync(
    path,
    `${JSON.stringify({ bench: name, date: new Date().toISOString(), commit: commit(), result }, null, 2)}\n`,
  );
  console.error(`Written to ${path}.`);
  process.exit(0);
} catch (error) {
  console.error(toFailure(error).message);
  process.exit(1);
}

/** The commit the figures are of, or null outside a checkout. */
function commit(): string | null {
  try {
    return execFileSync("git", ["rev-parse", "HEAD"], { encoding: "utf8" }).trim();
  } catch {
    return null;
  }
}
