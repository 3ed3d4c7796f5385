import { expect, test } from "vitest";
import { importSettings } from "./importSettings.ts";

test("a command of run.py says how rows are drawn", () => {
  const { rules } = importSettings(
    "python run.py --max_steps 5 --num_train 1000 --num_dev 500 --num_eval 1000 --train_set_seed 3",
  );
  expect(rules).toEqual({ trainRows: 1000, devRows: 500, testRows: 1000, dataSeed: 3 });
});

test("a settings file brings the draw of its run, and a damaged one is refused by its place", () => {
  const file = (rules: object) => JSON.stringify({ settings: { steps: 5 }, data: { rules } });
  expect(importSettings(file({ dataSeed: 7, leaks: "drop" })).rules).toEqual({
    dataSeed: 7,
    leaks: "drop",
  });
  expect(() => importSettings(file({ trainRows: -4 }))).toThrow('"data.rules.trainRows" is wrong');
  expect(importSettings(JSON.stringify({ settings: { steps: 5 } })).rules).toEqual({});
});

test("a trainer is known by its own name only, not by what every object has", () => {
  expect(() => importSettings("python run.py --trainer constructor --max_steps 5")).toThrow(
    'The trainer "constructor" is not known here.',
  );
  expect(() => importSettings("python run.py --toString 1 --max_steps 5")).toThrow(
    'Unknown name "toString".',
  );
});

test("JSON settings of the wrong type are named with what is needed", () => {
  expect(() => importSettings('{"steps": {"toString": 1, "valueOf": 1}}')).toThrow(
    'In these settings, "steps" is an object; a text, a number, true or false is needed.',
  );
  const { notes } = importSettings('{"max_steps": 5, "report_to": ["wandb"]}');
  expect(notes).toContain("--report_to was passed over.");
});

test("names and values of any length are cut in messages", () => {
  const long = "x".repeat(90_000);
  for (const text of [`run.py --trainer ${long}`, `run.py --${long} 1`, `{"${long}": []}`]) {
    let message = "";
    try {
      importSettings(text);
    } catch (error) {
      message = String(error);
    }
    expect(message.length).toBeGreaterThan(50);
    expect(message.length).toBeLessThan(500);
  }
});

test("this program's own --head asks for a score head; what it leaves open is read from the rows", () => {
  const command = "npm run --silent zeroth -- train MODEL rows.jsonl --head --method mezo_svrg";
  expect(importSettings(`${command} --template "{title}" --labels "no|yes"`).task).toEqual({
    kind: "classification",
    template: "{title}",
    labelColumn: "label",
    head: true,
    labels: ["no", "yes"],
    words: [],
    bos: 2,
    maxLength: 2048,
  });
});

test("--head beside --task keeps the task's name, and is refused where the task has no labels", () => {
  const command = "npm run --silent zeroth -- train MODEL rows.jsonl --head --method mezo_svrg";
  const { task, taskName, notes } = importSettings(`${command} --task rte`);
  expect(task).toMatchObject({ task: "RTE", head: true, bos: 2 });
  expect([taskName, notes]).toEqual(["rte", []]);
  expect(() => importSettings(`${command} --task Copa`)).toThrow(
    "Copa has no labels that a head could tell apart.",
  );
  const unknown = importSettings(`${command} --task Mine`);
  expect(unknown.task).toMatchObject({ head: true, template: "", labels: [] });
  expect(unknown.notes).toEqual(['There is no task "Mine" here; choose one for the rows.']);
});

test("a training command of this program is read with its name, its length and its rows", () => {
  const read = importSettings(
    "zeroth train MODEL train.tsv --task SST2 --bos 0 --max-length 64 --test dev.tsv --name first --steps 9",
  );
  expect(read).toMatchObject({ name: "first", bos: 0, maxLength: 64, settings: { steps: 9 } });
  expect(read.task).toMatchObject({ task: "SST2", maxLength: 64 });
  expect(read.notes).toEqual(["--test dev.tsv was passed over."]);
});

test("a setting that is text is taken as it stands, one that holds or not as true or false", () => {
  const { settings } = importSettings(
    'zeroth train M R --trainable named --trainable-pattern "*.fc1.*" --pause-on-blow-up true',
  );
  expect(settings).toMatchObject({ trainablePattern: "*.fc1.*", pauseOnBlowUp: true });
  expect(() => importSettings("zeroth train M R --pause-on-blow-up yes")).toThrow(
    '--pause-on-blow-up is "yes"; it should be true or false.',
  );
});
