import { execFileSync } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { toFailure } from "#base/errors.ts";
import { readShaders } from "../entry/node/gpu.ts";
import { chooseLinear } from "../entry/node/kernels.ts";
import { openNodeDevice } from "../entry/node/open.ts";
import { browserBench } from "./browser.ts";
import { evaluateBench } from "./evaluate.ts";
import { forwardBench } from "./forward.ts";
import { gemmBench } from "./gemm.ts";
import { halvesBench } from "./halves.ts";
import { handOverBench } from "./handOver.ts";
import { hostBench } from "./host.ts";
import { loadBench } from "./load.ts";
import { memoryBench } from "./memory.ts";
import { methodsBench } from "./methods.ts";
import type { BenchPlace } from "./model.ts";
import { opt125mBench } from "./opt125m.ts";
import { packedBench } from "./packed.ts";
import { passesBench } from "./passes.ts";
import { publishedBench } from "./published.ts";
import { replayBench } from "./replay.ts";
import { stepBench } from "./step.ts";
import { stepTimesBench } from "./stepTimes.ts";

interface Bench {
  readonly asks: string;
  /** Prints a table; what it returns goes into a JSON file. */
  readonly run: (args: readonly string[]) => Promise<unknown>;
  /** Run where no bench is named. */
  readonly isQuick?: boolean;
}

/** A bench that a page runs as well, here on Dawn. */
function placed(bench: (place: BenchPlace, args: readonly string[]) => Promise<unknown>) {
  return async (args: readonly string[]) => {
    const device = await openNodeDevice();
    const place = { device, sources: readShaders(), linear: chooseLinear(device, "f32") };
    return bench({ ...place, print: (line) => console.log(line) }, args);
  };
}

/** One question a file. */
const benches: Readonly<Record<string, Bench>> = {
  host: { asks: "what a step costs the host", run: hostBench, isQuick: true },
  "hand-over": { asks: "how long handing a step over takes a thread", run: placed(handOverBench) },
  memory: { asks: "bytes by kind, planned and actual", run: placed(memoryBench), isQuick: true },
  published: { asks: "what the published models take on a GPU, as planned", run: publishedBench },
  load: { asks: "MB a second from a file onto the GPU", run: loadBench, isQuick: true },
  replay: { asks: "steps of a journal a second", run: placed(replayBench), isQuick: true },
  "step-times": { asks: "where the time of a step goes", run: placed(stepTimesBench) },
  step: { asks: "what a step costs beside its forward passes", run: stepBench },
  evaluate: { asks: "what an evaluation costs beside its forward passes", run: evaluateBench },
  forward: {
    asks: "the share of a forward pass that runs at the kernels' best rate",
    run: forwardBench,
  },
  gemm: { asks: "every kernel for matrix products", run: gemmBench },
  browser: { asks: "the benches of the page, in a browser without a window", run: browserBench },
  halves: { asks: "whether halves learn as f32 does", run: halvesBench },
  methods: { asks: "the four methods at equal forward passes", run: methodsBench },
  packed: { asks: "products over halves as they lie against widened ones", run: packedBench },
  passes: { asks: "the variants of the weight pass", run: passesBench },
  "opt-125m": { asks: "a model of OPT-125m's real shape", run: opt125mBench },
};

/** The commit that was measured, or null outside a checkout. */
function commitOf(): string | null {
  try {
    return execFileSync("git", ["rev-parse", "--short", "HEAD"], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"],
    }).trim();
  } catch {
    return null;
  }
}

async function runBench(name: string, bench: Bench, args: readonly string[]): Promise<void> {
  const result = await bench.run(args);
  const folder = ".cache/bench";
  mkdirSync(folder, { recursive: true });
  const path = `${folder}/${name}.json`;
  const report = { bench: name, date: new Date().toISOString(), commit: commitOf(), result };
  writeFileSync(path, `${JSON.stringify(report, null, 2)}\n`);
  console.error(`Written to ${path}.`);
}

const [name, ...rest] = process.argv.slice(2);
const named = name === undefined ? undefined : benches[name];
try {
  if (name === undefined) {
    for (const [id, { asks, isQuick }] of Object.entries(benches)) {
      console.error(`${id.padEnd(10)} ${asks}${isQuick ? " (runs now)" : ""}`);
    }
    for (const [id, bench] of Object.entries(benches)) {
      if (bench.isQuick) await runBench(id, bench, []);
    }
  } else if (named) await runBench(name, named, rest);
  else {
    console.error(`There is no bench "${name}". There are: ${Object.keys(benches).join(", ")}.`);
    process.exit(1);
  }
  process.exit(0);
} catch (error) {
  console.error(toFailure(error).message);
  process.exit(1);
}
