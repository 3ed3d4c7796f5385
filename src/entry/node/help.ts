import { allSettings, methods } from "#zo/methods/index.ts";
import type { SettingDescription } from "#zo/settings.ts";
import { type CommandName, commandFlags } from "./commandFlags.ts";

interface CommandHelp {
  /** Ways to call the command, without its flags. */
  readonly usage: readonly string[];
  readonly does: string;
}

export const commandHelp: Readonly<Record<CommandName, CommandHelp>> = {
  score: {
    usage: ["score MODEL TEXTS.jsonl"],
    does: "Prints tokens and negative log-likelihood (nats) of each text.",
  },
  train: {
    usage: ["train MODEL TRAIN", "train --resume RUN"],
    does: "Fine-tunes a model on labelled examples and prints a line per step.",
  },
  list: {
    usage: ["list FOLDER"],
    does: "Prints the runs in a folder with status, steps and loss.",
  },
  eval: {
    usage: ["eval MODEL EXAMPLES", "eval RUN [EXAMPLES]"],
    does: "Prints accuracy or F1, loss and a 95 % interval.",
  },
  write: {
    usage: ["write MODEL --prompt TEXT", "write RUN --prompt TEXT"],
    does: "Generates text from a prompt.",
  },
  replay: {
    usage: ["replay RUN", "replay BUNDLE.zip MODEL"],
    does: "Rebuilds the weights of a run from base model and journal, and prints their SHA-256.",
  },
  export: {
    usage: ["export RUN FOLDER"],
    does: "Writes the fine-tuned model as a Hugging Face folder.",
  },
  bundle: {
    usage: ["bundle RUN OUT.zip"],
    does: "Writes settings, log, journal and hashes of a run into one file.",
  },
  verify: {
    usage: ["verify MODEL"],
    does: "Compares a published model with published values.",
  },
  info: { usage: ["info"], does: "Prints the GPU, its limits and the result of a self-test." },
};

/** Flags that are not settings of a run: what follows the flag, and what it does. */
export const flagHelp: Readonly<Record<string, readonly [value: string, does: string]>> = {
  method: [methods.map(({ description }) => description.id).join("|"), "Training method."],
  task: ["NAME", "Built-in task with MeZO's template and words: SST2, RTE, BoolQ, SQuAD, …"],
  template: ["TEXT", "Prompt with column names in braces: '{text} It was'."],
  words: ["A|B", "Label words in the order of --labels, each with its leading space."],
  labels: ["A|B", "Labels as the data has them."],
  "label-column": ["NAME", "Column that holds the label."],
  head: ["", "Classify with a new score head instead of label words."],
  bos: ["ID", "Token that starts every text; MeZO's runs use 0 with OPT."],
  "max-length": ["TOKENS", "Longest text; longer ones are shortened."],
  dev: ["FILE", "Validation set, evaluated during training."],
  test: ["FILE", "Test set, evaluated once at the end."],
  "train-rows": ["N", "Training examples to draw; with any of these flags, splits are drawn."],
  "dev-rows": ["N", "Validation examples to draw."],
  "test-rows": ["N", "Test examples to draw."],
  "data-seed": ["N", "Seed of the draw; independent of the run's seed."],
  out: ["FOLDER", "Save the run here; needed for resume, replay and export."],
  name: ["TEXT", "Name of the run."],
  resume: ["RUN", "Continue this run from its last saved step, with its own settings."],
  linear: ["KERNEL", "Use this kernel for matrix products instead of the fastest."],
  dtype: ["f32|f16", "Number format of stored weights."],
  examples: ["FILE", "Write one JSON line per example, wrong answers first."],
  step: ["best|last|N", "Weights after this step. Default: best."],
  prompt: ["TEXT", "Text to continue; \\n is a line break."],
  greedy: ["", "Always take the most probable token (default)."],
  temperature: ["T", "Sample with this temperature."],
  "top-k": ["K", "Sample from the K most probable tokens."],
  "top-p": ["P", "Sample from the most probable tokens with total probability P."],
  seed: ["N", "Seed of the sampling."],
  "max-new-tokens": ["N", "Length limit of the generated text."],
  stop: ["TEXT", "End the text where this appears; \\n is a line break."],
  against: ["FILE", "Reference values for a model that is not built in."],
};

/** The text of `zeroth --help`: every command in a line. */
export function overview(): string {
  const rows = Object.values(commandHelp).map(({ usage, does }) => [usage[0] ?? "", does]);
  return [
    "Usage: zeroth COMMAND …",
    "",
    ...columns(rows),
    "",
    "zeroth COMMAND --help lists the flags of a command. MODEL is a Hugging Face folder, RUN a folder",
    "made with train --out. Results are JSON lines on stdout; everything else goes to stderr.",
  ].join("\n");
}

/** The text of `zeroth COMMAND --help`. */
export function helpOf(command: CommandName): string {
  const { usage, does } = commandHelp[command];
  const { flags, ofRun = [] } = commandFlags[command];
  const settings = allSettings();
  const rows = [...new Set([...flags, ...ofRun])].map((flag) => {
    const setting = settings.find((candidate) => candidate.flag === flag);
    if (setting && command === "train") return settingRow(setting);
    const [value = "", text = ""] = flagHelp[flag] ?? [];
    return [`--${flag} ${value}`.trimEnd(), text];
  });
  return [
    ...usage.map((line, i) => `${i === 0 ? "Usage:" : "      "} zeroth ${line} [flags]`),
    "",
    does,
    ...(rows.length > 0 ? ["", ...columns(rows)] : []),
  ].join("\n");
}

function settingRow(setting: SettingDescription): readonly string[] {
  const { flag, type, choices = [], min, max, help } = setting;
  const range = min !== undefined && max !== undefined ? `${min} to ${max}` : "";
  const values = {
    number: "NUMBER",
    integer: "N",
    text: "TEXT",
    boolean: "true|false",
    choice: choices.map(({ value }) => value).join("|"),
  }[type];
  const notes = [range, `default ${String(setting.default) || "none"}`].filter(Boolean).join("; ");
  return [`--${flag} ${values}`, `${help} (${notes})`];
}

/** Two columns; what is too wide for the first has its text on the next line. */
function columns(rows: readonly (readonly string[])[]): readonly string[] {
  const width = 30;
  return rows.flatMap(([left = "", right = ""]) => {
    const lines = wrapped(right, 100 - width - 2);
    const first = `  ${left}`;
    const rest = lines.map((line) => `${" ".repeat(width + 2)}${line}`);
    if (first.length > width) return [first, ...rest];
    return [`${first.padEnd(width + 2)}${lines[0] ?? ""}`, ...rest.slice(1)];
  });
}

function wrapped(text: string, width: number): readonly string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    if (line !== "" && line.length + word.length + 1 > width) {
      lines.push(line);
      line = "";
    }
    line = line === "" ? word : `${line} ${word}`;
  }
  return [...lines, line];
}
