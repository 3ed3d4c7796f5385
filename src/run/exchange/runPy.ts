import { taskDefinitions } from "#data/tasks/index.ts";
import { usesScoreHead } from "#data/tasks/scoreHead.ts";
import type { TaskSpec } from "#data/tasks/task.ts";
import type { RunSettings } from "#zo/commonSettings.ts";
import { commonDescriptions } from "#zo/methods/index.ts";
import { methodOf } from "#zo/resolveSettings.ts";
import type { SettingValues } from "#zo/settings.ts";
import { evaluationInterval } from "../evaluation/evaluationSteps.ts";
import type { RunRecord } from "../store/records.ts";

/** A run as MeZO's own program would be told to do it. */
export interface RunPyCommand {
  /** To be run in `large_models/` of MeZO's repository; null where that program cannot do it. */
  readonly command: string | null;
  /** Where its result will differ from this run's, or why there is no command; sentences. */
  readonly notes: readonly string[];
}

type RunFacts = Pick<RunRecord, "settings" | "task" | "modelName" | "data" | "step">;

/** MeZO's tasks; the others are not in its repository. */
const tasksOfMezo: readonly string[] = [
  "SST2",
  "RTE",
  "CB",
  "BoolQ",
  "WSC",
  "WIC",
  "MultiRC",
  "Copa",
  "ReCoRD",
  "SQuAD",
  "DROP",
];

/** The command of MeZO's repository for this run's settings. @see MeZO, large_models/run.py */
export function runPyCommand({ settings, task, modelName, data }: RunFacts): RunPyCommand {
  const obstacles = [...headObstacle(task), ...obstaclesIn(settings)];
  if (obstacles.length > 0) return { command: null, notes: obstacles };
  const name = taskNameOf(task);
  const flags: [string, string | number | boolean][] = [
    ["model_name", modelName],
    ["task_name", name ?? "YOUR_TASK"],
    ["output_dir", "result/zeroth"],
    ["train_set_seed", 0],
    ["num_train", data.trainRows],
    ["num_dev", data.devRows],
    ["num_eval", 1000],
    ["max_length", task.maxLength],
    ["trainer", methodOf(settings).runPyTrainer ?? ""],
    ...settingFlags(settings),
    ...(settings.dtype === "f16" ? [["load_float16", true] as [string, boolean]] : []),
    ["evaluation_strategy", "steps"],
    ["save_strategy", "steps"],
    ["save_total_limit", 1],
    ["load_best_model_at_end", true],
    ["train_as_classification", task.kind === "classification"],
  ];
  const words = flags.map(([flag, value]) => `--${flag} ${shellWord(String(value))}`);
  const command = ["python run.py", ...words].join(" \\\n  ");
  return { command, notes: differences(settings, task, name) };
}

function headObstacle(task: TaskSpec): readonly string[] {
  if (!usesScoreHead(task)) return [];
  return ["MeZO's program asks by words; it has no score head on a text's last token."];
}

/** Why MeZO's program cannot do this run. */
function obstaclesIn(settings: RunSettings): readonly string[] {
  const { description, runPyTrainer } = methodOf(settings);
  if (runPyTrainer === null) {
    return [`MeZO's repository holds MeZO only, not ${settings.method}.`];
  }
  const values: SettingValues = settings;
  const mapped = new Set([...runPyFlags.values(), "noise", "dtype"]);
  const isDormant = (key: string) => settings.trainable === "all" && key.startsWith("trainable");
  return [...commonDescriptions, ...description.settings]
    .filter(({ key }) => !mapped.has(key) && !isDormant(key))
    .filter(({ key, default: usual }) => (values[key] ?? usual) !== usual)
    .map(({ key, label }) => `MeZO's program has no ${label.toLowerCase()} (here ${values[key]}).`);
}

function settingFlags(settings: RunSettings): [string, string | number | boolean][] {
  const all: SettingValues = { ...settings, evalEvery: evaluationInterval(settings) };
  return [...runPyFlags].flatMap(([flag, key]) => {
    const value = all[key];
    if (value === undefined) return [];
    return key === "evalEvery"
      ? [
          [flag, value],
          ["save_steps", value],
        ]
      : [[flag, value]];
  });
}

/** Our settings by their names in MeZO's `run.py`. */
export const runPyFlags: ReadonlyMap<string, string> = new Map(
  commonDescriptions.flatMap(({ key, runPy }) =>
    runPy === undefined ? [] : [[runPy, key] as const],
  ),
);

function taskNameOf(task: TaskSpec): string | undefined {
  const id = "task" in task ? task.task : taskDefinitions.find((known) => isSame(known, task))?.id;
  return id !== undefined && tasksOfMezo.includes(id) ? id : undefined;
}

/** The same prompt but for the names of its columns, and the same words. */
function isSame(
  known: Pick<TaskSpec, "template" | "words">,
  task: Pick<TaskSpec, "template" | "words">,
): boolean {
  const bare = (template: string) => template.replace(/\{[^{}]*\}/g, "{}");
  const [words, others] = [known.words, task.words].map((list) => list.map((word) => word.trim()));
  return bare(known.template) === bare(task.template) && words?.join("|") === others?.join("|");
}

function differences(
  { noise, dtype }: RunSettings,
  task: TaskSpec,
  name: string | undefined,
): readonly string[] {
  const notes: string[] = [];
  if (name === undefined) {
    notes.push(
      "This prompt is none of MeZO's: add it to templates.py and tasks.py and put its name in place of YOUR_TASK.",
    );
  }
  notes.push(
    "MeZO draws its own rows from the data set and its own noise, so losses will not be equal step by step.",
  );
  if (noise !== "gaussian") notes.push(`MeZO draws gaussian noise, this run ${String(noise)}.`);
  if (dtype === "f16") {
    notes.push(
      "With --load_float16 MeZO computes in 16 bits too and rounds updates to the nearest half, which loses many of them; this run rounds at random.",
    );
  }
  if (task.bos !== 0) notes.push("MeZO puts token 0 in front of a prompt, this run token 2.");
  return notes;
}

function shellWord(text: string): string {
  return /^[\w./:@%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
