import { expect, test } from "vitest";
import { resolveSettings } from "#zo/resolveSettings.ts";
import { aRun } from "../testing/runs.ts";
import { importSettings } from "./importSettings.ts";
import { runPyCommand } from "./runPy.ts";

const settings = resolveSettings({
  method: "mezo",
  steps: 2000,
  learningRate: 2e-6,
  noise: "gaussian",
});
const run = { ...aRun("a"), settings, modelName: "facebook/opt-125m" };

test("a MeZO run has a command of MeZO's repository, with its task's name", () => {
  const { command, notes } = runPyCommand(run);
  for (const part of [
    "python run.py",
    "--model_name facebook/opt-125m",
    "--task_name SST2",
    "--trainer zo",
    "--max_steps 2000",
    "--learning_rate 0.000002",
    "--zo_eps 0.001",
    "--eval_steps 400",
    "--per_device_train_batch_size 16",
    "--lr_scheduler_type constant",
    "--seed 42",
  ]) {
    expect(command).toContain(part);
  }
  expect(notes.join(" ")).toContain("token 0");
  expect(notes.join(" ")).not.toContain("gaussian");
});

test("what MeZO's program cannot do has no command but a reason", () => {
  const lezo = { ...run, settings: resolveSettings({ method: "lezo" }) };
  expect(runPyCommand(lezo)).toMatchObject({ command: null });
  const many = { ...run, settings: resolveSettings({ directions: 4 }) };
  expect(runPyCommand(many).notes[0]).toContain("no directions per step (here 4)");
});

test("weights stored as f16 are MeZO's --load_float16, and how the two differ is told", () => {
  const halves = { ...run, settings: resolveSettings({ dtype: "f16" }) };
  const { command, notes } = runPyCommand(halves);
  expect(command).toContain("--load_float16 true");
  expect(notes.join(" ")).toContain("rounds updates to the nearest half");
  expect(runPyCommand(run).command).not.toContain("load_float16");
});

test("a prompt of one's own is told where to be added, and names are quoted for the shell", () => {
  const task = { ...run.task, template: "Is {text} good?" };
  const { command, notes } = runPyCommand({ ...run, task, modelName: "it's mine" });
  expect(command).toContain("--task_name YOUR_TASK");
  expect(command).toContain(`--model_name 'it'\\''s mine'`);
  expect(notes[0]).toContain("templates.py");
});

test("a run's command read back gives the run's settings", () => {
  const { command } = runPyCommand(run);
  const read = importSettings(command ?? "");
  expect(read.settings).toEqual({ ...settings, evalEvery: 400 });
  expect(read).toMatchObject({
    model: "facebook/opt-125m",
    taskName: "SST2",
    maxLength: 512,
    bos: 0,
  });
});

test("a line of mezo.sh brings that script's values", () => {
  const line = "MODEL=facebook/opt-1.3b TASK=RTE MODE=ft LR=1e-7 EPS=1e-3 bash mezo.sh";
  const { settings: read, model, taskName } = importSettings(line);
  expect(read).toMatchObject({
    method: "mezo",
    learningRate: 1e-7,
    steps: 20000,
    batchSize: 16,
    evalEvery: 4000,
    learningRateSchedule: "constant",
    noise: "gaussian",
  });
  expect([model, taskName]).toEqual(["facebook/opt-1.3b", "RTE"]);
});

test("what a command leaves out is what Hugging Face's Trainer takes, and that is said", () => {
  const { settings: read, notes } = importSettings("python run.py --trainer zo --max_steps=10");
  expect(read).toMatchObject({ batchSize: 8, learningRate: 5e-5, learningRateSchedule: "linear" });
  expect(notes.join(" ")).toContain("Hugging Face's default 8");
});

test.each([
  ["python run.py --trainer regular --max_steps 5", "E-CFG-6", "needs backpropagation"],
  ["python run.py --trainer zo --lora --max_steps 5", "E-CFG-6", "low-rank adapters"],
  ["MODE=prefix bash mezo.sh", "E-CFG-6", "prefix tuning"],
  ["python run.py --trainer zo --num_train_epochs 5", "E-CFG-2", "num_train_epochs"],
  ["python run.py --trainer zo --learning_rate 1e-6", "E-CFG-6", "--max_steps"],
  ["python run.py --max_steps 5 --zo_epss 1e-3", "E-CFG-2", "Did you mean zo_eps?"],
  ["python run.py --max_steps 5 --zo_eps $EPS", "E-CFG-5", "only a shell can fill in"],
  ["python run.py --max_steps ten", "E-CFG-1", "should be a number"],
  ["hello", "E-CFG-5", "no settings"],
  ['{"learning_rate": 1e-6', "E-CFG-5", "not valid JSON"],
])("%s is rejected with %s and a reason", (text, code, reason) => {
  const expected = { code, message: expect.stringContaining(reason) };
  expect(() => importSettings(text)).toThrow(expect.objectContaining(expected));
});

test("JSON is read in Hugging Face's names and in this program's own", () => {
  const theirs = importSettings('{"trainer": "zo", "max_steps": 7, "zo_eps": 0.01, "lora": false}');
  expect(theirs.settings).toMatchObject({ steps: 7, epsilon: 0.01 });
  const ours = importSettings('{"settings": {"method": "lezo", "steps": 7}, "model": "m"}');
  expect(ours).toMatchObject({ model: "m", bos: 2, settings: { method: "lezo", steps: 7 } });
});

test("flags of this program's own command line are read too", () => {
  const { settings: read, bos } = importSettings(
    "zeroth train m r.jsonl --method lezo --steps 9 --lr 1e-5",
  );
  expect(read).toMatchObject({ method: "lezo", steps: 9, learningRate: 1e-5, batchSize: 16 });
  expect(bos).toBe(2);
});

test("keys of a saved file that no method knows are left out and named", () => {
  const file = JSON.stringify({ settings: { method: "mezo", steps: 5, zoEpss: 1 } });
  const { settings: read, notes } = importSettings(file);
  expect(read).toMatchObject({ method: "mezo", steps: 5 });
  expect(notes).toEqual(['Left out, because no method here knows them: "zoEpss".']);
});

test("a command's task comes along, with MeZO's first token and length", () => {
  const { task } = importSettings("python run.py --task_name Copa --max_steps 10 --trainer zo");
  expect(task).toMatchObject({ task: "Copa", kind: "multiple choice", bos: 0, maxLength: 2048 });
});
