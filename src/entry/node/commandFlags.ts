import { allSettings } from "#zo/methods/index.ts";

export type CommandName =
  | "score"
  | "train"
  | "list"
  | "eval"
  | "write"
  | "replay"
  | "export"
  | "bundle"
  | "verify"
  | "info";

interface CommandFlags {
  readonly flags: readonly string[];
  /** Instead of `flags` if the command is given a run, whose task and weights are fixed. */
  readonly ofRun?: readonly string[];
}

/** Task and length limits. */
const task = ["task", "template", "words", "labels", "label-column", "head", "bos", "max-length"];
const rows = ["dev", "test", "train-rows", "dev-rows", "test-rows", "data-seed"];
const writing = [
  "prompt",
  "greedy",
  "temperature",
  "top-k",
  "top-p",
  "seed",
  "max-new-tokens",
  "stop",
];
/** Format of the weights, and the kernel of their products. */
const weights = ["dtype", "linear"];

/** The flags that each command reads. */
export const commandFlags: Readonly<Record<CommandName, CommandFlags>> = {
  score: { flags: ["bos", ...weights] },
  train: {
    get flags() {
      const ofMethods = new Set(allSettings().map(({ flag }) => flag));
      return ["method", ...ofMethods, ...task, ...rows, "out", "name", "linear", "resume"];
    },
  },
  list: { flags: [] },
  eval: {
    flags: [...task, ...weights, "examples"],
    ofRun: ["step", "linear", "examples"],
  },
  write: {
    flags: [...writing, "bos", ...weights],
    ofRun: [...writing, "step", "linear"],
  },
  replay: { flags: [] },
  export: { flags: ["step"] },
  bundle: { flags: [] },
  verify: { flags: ["against", "linear"] },
  info: { flags: [] },
};
