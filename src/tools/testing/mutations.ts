// Feeds changed files to every reader of outside data, and counts how they end:
//   node src/tools/run.mjs src/tools/testing/mutations.ts <count> [seed] [format…]
// Each format has a process of its own, so that its peak memory is its own and an input that hangs can be stopped.
// Inputs that are not accepted or refused within a second and 256 MB go to .cache/mutations/.
import { fork } from "node:child_process";
import { mkdirSync, openSync, readFileSync, writeFileSync, writeSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { z } from "#base/schema.ts";
import { mutate, mutationTargets, outcomeOf } from "./mutationTargets.ts";

const report = z.object({
  inputs: z.int(),
  accepted: z.int(),
  refused: z.int(),
  uncaught: z.int(),
  /** Over one second. */
  slow: z.int(),
  /** Of the process, and what of it was there before the first input. */
  peakMb: z.number(),
  startMb: z.number(),
});
type Report = z.infer<typeof report>;

const noInputs: Report = {
  inputs: 0,
  accepted: 0,
  refused: 0,
  uncaught: 0,
  slow: 0,
  peakMb: 0,
  startMb: 0,
};

const HANG_MS = 10_000;
const self = fileURLToPath(import.meta.url);
const folder = fileURLToPath(new URL("../../../.cache/mutations/", import.meta.url));

const [command = "", ...rest] = process.argv.slice(2);
if (process.send) await readAll(command, rest.map(Number));
else await runAll(Number(command), Number(rest[0] ?? 1), rest.slice(1));

/** The parent: one process for each format, one after the other. */
async function runAll(count: number, seed: number, wanted: readonly string[]): Promise<void> {
  const names = Object.keys(mutationTargets).filter(
    (name) => wanted.length === 0 || wanted.includes(name),
  );
  if (!(count > 0) || !Number.isInteger(seed) || names.length === 0) {
    console.error(
      "Usage: node src/tools/run.mjs src/tools/testing/mutations.ts <count> [seed] [format…]",
    );
    console.error(`Formats: ${Object.keys(mutationTargets).join(", ")}`);
    process.exitCode = 2;
    return;
  }
  mkdirSync(folder, { recursive: true });
  const each = Math.ceil(count / names.length);
  console.log(
    "format               inputs  accepted   refused  uncaught  over 1 s  peak MB (start)",
  );
  let bad = 0;
  for (const name of names) {
    const { inputs, accepted, refused, uncaught, slow, peakMb, startMb } = await runFormat(
      name,
      seed,
      each,
    );
    bad += uncaught + slow;
    const numbers = [inputs, accepted, refused, uncaught, slow].map((n) => String(n).padStart(9));
    const memory = `${peakMb.toFixed(0)} (${startMb.toFixed(0)})`.padStart(15);
    console.log(name.padEnd(18) + numbers.join(" ") + memory);
  }
  process.exitCode = bad > 0 ? 1 : 0;
}

async function runFormat(name: string, seed: number, count: number): Promise<Report> {
  const total = { ...noInputs };
  while (total.inputs < count) {
    const part = await runPart(name, seed, total.inputs, count);
    total.peakMb = Math.max(total.peakMb, part.peakMb);
    total.startMb = Math.max(total.startMb, part.startMb);
    for (const key of ["inputs", "accepted", "refused", "uncaught", "slow"] as const) {
      total[key] += part[key];
    }
  }
  return total;
}

/** Inputs from `first` on, until all are read or the process hangs or dies. */
function runPart(name: string, seed: number, first: number, count: number): Promise<Report> {
  const place = `${folder}${name}.index`;
  writeFileSync(place, String(first));
  const child = fork(self, [name, String(seed), String(first), String(count)], {
    execArgv: [...process.execArgv, "--max-old-space-size=1024"],
  });
  let last: Report = { ...noInputs };
  let [seen, since] = [-1, Date.now()];
  child.on("message", (message) => {
    last = report.parse(message);
  });
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      const index = Number(readFileSync(place, "utf8"));
      if (index !== seen) [seen, since] = [index, Date.now()];
      else if (Date.now() - since > HANG_MS) child.kill("SIGKILL");
    }, 500);
    child.on("exit", (code) => {
      clearInterval(timer);
      const index = Number(readFileSync(place, "utf8"));
      const isWhole = code === 0 && first + last.inputs >= count;
      if (isWhole) return resolve(last);
      console.error(`${name}: input ${index} of seed ${seed} was stopped or ended the process`);
      resolve({ ...last, inputs: index + 1 - first, slow: last.slow + 1 });
    });
  });
}

/** The child: reads inputs `first` to `count` of a format. */
async function readAll(name: string, [seed = 1, first = 0, count = 0]: readonly number[]) {
  const target = mutationTargets[name]?.();
  if (!target) throw new Error(`There is no format ${name}`);
  const { seeds, read } = target;
  // The reader's own memory is no input's.
  for (const bytes of seeds) await outcomeOf(read, bytes);
  const place = openSync(`${folder}${name}.index`, "r+");
  const peakMb = () => process.resourceUsage().maxRSS / 1024;
  const result: Report = { ...noInputs, startMb: peakMb() };
  let saved = 0;
  for (let index = first; index < count; index++) {
    writeSync(place, String(index), 0);
    const bytes = mutate(seeds, seed, index);
    const { kind, isSlow, detail } = await outcomeOf(read, bytes);
    result.inputs++;
    result[kind]++;
    if (isSlow) result.slow++;
    if ((kind === "uncaught" || isSlow) && saved++ < 20) {
      writeFileSync(`${folder}${name}-${seed}-${index}.bin`, bytes);
      console.error(`${name}: input ${index} of seed ${seed}: ${detail || "over 1 s"}`);
    }
    if (index % 1000 === 0) process.send?.({ ...result, peakMb: peakMb() });
  }
  process.send?.({ ...result, peakMb: peakMb() }, undefined, {}, () => process.disconnect());
}
