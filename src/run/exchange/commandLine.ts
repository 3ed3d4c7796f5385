import { ZerothError } from "#base/errors.ts";

/** A command line's flags, with values as text; "" for a flag that stands alone. */
export interface CommandFlags {
  /** Without dashes in front. */
  readonly flags: ReadonlyMap<string, string>;
  /** It calls MeZO's programs, whose defaults are not ours. */
  readonly isRunPy: boolean;
}

/** Variables `mezo.sh` reads, and the flags it makes of them. @see MeZO, large_models/mezo.sh */
const variables: Readonly<Record<string, string>> = {
  MODEL: "model_name",
  TASK: "task_name",
  LR: "learning_rate",
  EPS: "zo_eps",
  BS: "per_device_train_batch_size",
  STEPS: "max_steps",
  EVAL_STEPS: "eval_steps",
  SEED: "train_set_seed",
  TRAIN: "num_train",
  DEV: "num_dev",
  EVAL: "num_eval",
};

/** What the script itself adds, unless told otherwise. */
const scriptDefaults: Readonly<Record<string, string>> = {
  learning_rate: "1e-5",
  zo_eps: "1e-3",
  per_device_train_batch_size: "16",
  max_steps: "20000",
  eval_steps: "4000",
  lr_scheduler_type: "constant",
};

/**
 * A command line taken apart as a shell would, without running or expanding anything.
 *
 * @throws ZerothError E-CFG-5 if it has no flags, or holds what only a shell can work out
 */
export function readCommandLine(text: string): CommandFlags {
  const all = shellWords(text);
  // Behind a bare "--" stands what npm hands on; what is before it is npm's own.
  const words = all.slice(all.indexOf("--") + 1);
  const flags = new Map<string, string>();
  const isScript = words.some((word) => /(^|\/)mezo\w*\.sh$/.test(word));
  if (isScript) for (const [flag, value] of Object.entries(scriptDefaults)) flags.set(flag, value);
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    const assignment = /^([A-Z_]+)=(.*)$/s.exec(word);
    if (assignment) takeVariable(flags, assignment[1] ?? "", assignment[2] ?? "");
    if (!word.startsWith("--")) continue;
    const equals = word.indexOf("=");
    const next = words[i + 1];
    const isAlone = next === undefined || /^--\D/.test(next);
    const value = equals >= 0 ? word.slice(equals + 1) : isAlone ? "" : next;
    flags.set(word.slice(2, equals >= 0 ? equals : undefined), value);
  }
  if (flags.size === 0) {
    throw new ZerothError(
      "E-CFG-5",
      "There are no settings in this text. Paste a command with --flags, or JSON.",
    );
  }
  const isRunPy =
    isScript || words.some((word) => /(^|\/)run\.py$/.test(word)) || flags.has("zo_eps");
  return { flags, isRunPy };
}

function takeVariable(flags: Map<string, string>, name: string, value: string): void {
  if (name === "MODE") {
    if (value === "lora") flags.set("lora", "true");
    if (value === "prefix") flags.set("prefix_tuning", "true");
    return;
  }
  const flag = Object.hasOwn(variables, name) ? variables[name] : undefined;
  if (flag !== undefined) flags.set(flag, value);
}

/** Words with quotes and line continuations taken away. */
function shellWords(text: string): string[] {
  const joined = text.replace(/\\\r?\n/g, " ");
  const words: string[] = [];
  for (const [whole] of joined.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g)) {
    if (/\$[\w{(]/.test(whole.replace(/'[^']*'/g, ""))) {
      throw new ZerothError(
        "E-CFG-5",
        `"${whole.slice(0, 60)}" holds a variable only a shell can fill in. Put its value there.`,
      );
    }
    words.push(whole.replace(/'([^']*)'|"([^"]*)"/g, (_, single, double) => single ?? double));
  }
  return words;
}
