import { expect, test } from "vitest";
import { memorySource } from "#data/formats/byteSource.ts";
import { readSafetensors } from "#data/formats/safetensors.ts";
import { tensorAt } from "#data/formats/tensorSource.ts";
import { resolveSettings } from "#zo/resolveSettings.ts";
import { toStepRecords } from "../store/journal.ts";
import { journalFile, readJournalFile } from "../store/journalFile.ts";
import type { ModelRecord } from "../store/records.ts";
import { weightFiles } from "../store/weightFiles.ts";
import { aModel, anEvaluation, aRun, gather, steps } from "../testing/runs.ts";
import { smallFiles } from "./exportModel.ts";
import { modelCard } from "./modelCard.ts";
import { logAsJsonl } from "./runLog.ts";
import { trainerState } from "./trainerState.ts";

const table = [
  { name: "a", shape: [2, 3], elements: 6 },
  { name: "b", shape: [4], elements: 4 },
  { name: "c", shape: [5], elements: 5 },
];
const values = Float32Array.from({ length: 15 }, (_, i) => i + 0.5);

async function* stream(): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const bytes = new Uint8Array(values.buffer);
  for (const [start, end] of [
    [0, 7],
    [7, 7],
    [7, 50],
    [50, 60],
  ])
    yield bytes.slice(start, end);
}

async function valuesOf(
  name: string,
  bytes: Uint8Array<ArrayBuffer>,
): Promise<[string, number[]][]> {
  const file = memorySource(name, bytes);
  const tensors = (await readSafetensors(file)).map((place) => tensorAt(file, place));
  return Promise.all(
    tensors.map(async (tensor): Promise<[string, number[]]> => {
      const data = await tensor.read(0, tensor.sizeBytes);
      return [tensor.name, [...new Float32Array(data.slice().buffer)]];
    }),
  );
}

test("weights that fit into one file are model.safetensors, of the size announced", async () => {
  const files = weightFiles(table, "f32", stream);
  expect(files.map(({ name }) => name)).toEqual(["model.safetensors"]);
  const bytes = await gather(files[0]!.pieces);
  expect(bytes.length).toBe(files[0]?.sizeBytes);
  expect((await valuesOf("x", bytes)).flatMap(([, list]) => list)).toEqual([...values]);
});

test("larger weights are cut between parameters, with an index transformers reads", async () => {
  const files = weightFiles(table, "f32", stream, 40);
  expect(files.map(({ name }) => name)).toEqual([
    "model-00001-of-00002.safetensors",
    "model-00002-of-00002.safetensors",
    "model.safetensors.index.json",
  ]);
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (const { pieces, sizeBytes } of files) {
    const bytes = await gather(pieces);
    expect(bytes.length).toBe(sizeBytes);
    parts.push(bytes);
  }
  expect(await valuesOf("1", parts[0]!)).toEqual([
    ["a", [...values.slice(0, 6)]],
    ["b", [...values.slice(6, 10)]],
  ]);
  expect(await valuesOf("2", parts[1]!)).toEqual([["c", [...values.slice(10)]]]);
  expect(JSON.parse(new TextDecoder().decode(parts[2]))).toEqual({
    metadata: { total_size: 60 },
    weight_map: {
      a: "model-00001-of-00002.safetensors",
      b: "model-00001-of-00002.safetensors",
      c: "model-00002-of-00002.safetensors",
    },
  });
});

test("weights that end early are an error, not a short file", async () => {
  const [file] = weightFiles([...table, { name: "d", shape: [9], elements: 9 }], "f32", stream);
  await expect(gather(file!.pieces)).rejects.toThrow("ended 36 bytes early");
});

const record = {
  ...aRun("a"),
  step: 30,
  settings: resolveSettings({ steps: 30, batchSize: 4, noise: "gaussian" }),
  weightsSha256: "f00d",
};
const run = {
  record,
  steps: toStepRecords(steps(1, 30)),
  evaluations: [anEvaluation(0), { ...anEvaluation(30), accuracy: 0.871, n: 872 }],
};

test("the trainer's state has Hugging Face's keys, and null where Python writes NaN", () => {
  const notANumber = { ...run.steps[1]!, loss: Number.NaN };
  const state = JSON.parse(trainerState({ ...run, steps: [run.steps[0]!, notANumber] }));
  expect(state).toMatchObject({
    global_step: 30,
    max_steps: 30,
    train_batch_size: 4,
    eval_steps: 6,
  });
  expect(state.log_history.map(({ step }: { step: number }) => step)).toEqual([0, 1, 2, 30]);
  expect(state.log_history[0]).toMatchObject({ eval_loss: 0.6, eval_accuracy: 0.5, epoch: 0 });
  expect(state.log_history[1]).toMatchObject({ learning_rate: 1e-6, epoch: 2 });
  expect(state.log_history[2].loss).toBeNull();
});

test("the card names the base model, inherits its licence and tells the result with its interval", () => {
  const base: ModelRecord = {
    ...aModel(),
    origin: {
      repo: "facebook/opt-125m",
      commit: "2".repeat(40),
      licence: "other",
      address: "https://huggingface.co/facebook/opt-125m",
    },
  };
  const data = {
    ...record.data,
    dataset: "stanfordnlp/sst2",
    datasetConfig: "default",
    datasetRevision: "3".repeat(40),
  };
  const card = modelCard(base, { ...run, record: { ...record, data } });
  const head = card.split("---")[1];
  expect(head).toContain('license: "other"');
  expect(head).toContain('base_model: "facebook/opt-125m"');
  expect(head).toContain('datasets: ["stanfordnlp/sst2"]');
  expect(head).toContain('{"type":"accuracy","value":0.871,"verified":false}');
  // Python, p=.871; n=872; z=1.959964: c=(p+z*z/2/n)/(1+z*z/n);
  // h=z/(1+z*z/n)*sqrt(p*(1-p)/n+z*z/4/n/n); (c-h, c+h) == (0.84711, 0.89163)
  expect(card).toContain("| after step 30 | 87.1 % | 84.7–89.2 % | 0.6000 | 872 |");
  expect(card).toContain("| 28–30 |");
  expect(card).toContain("--task_name SST2");
  expect(card).toContain("`stanfordnlp/sst2`, configuration `default`, commit 333333333333 of");
});

test("a model card tells the final test where it was taken with these weights, and nowhere else", () => {
  const tested = (step: number) => {
    const testEvaluation = { ...run.evaluations.at(-1)!, step, n: 1000 };
    return modelCard(aModel(), { ...run, record: { ...record, testEvaluation } });
  };
  expect(tested(30)).toContain("| final test after step 30, on rows kept for it | 87.1 % |");
  expect(tested(20)).not.toContain("final test");
});

test("a run judged by what it writes tells F1, and exact matches beside it, everywhere", () => {
  const f1Interval = [0.6, 0.65] as const;
  const evaluations = run.evaluations.map((evaluation) => ({
    ...evaluation,
    f1: 0.625,
    f1Interval,
  }));
  const judged = { ...run, evaluations };
  const card = modelCard(aModel(), judged);
  expect(card).toContain("metrics: [f1, exact_match]");
  expect(card).toContain('{"type":"f1","value":0.625,"verified":false}');
  expect(card).toContain("|  | F1 | 95 % interval | exact match | loss (nats) | rows |");
  expect(card).toContain("| after step 30 | 62.5 % | 60.0–65.0 % | 87.1 % | 0.6000 | 872 |");
  expect(card).toContain("| held-out F1 |");
  const state = JSON.parse(trainerState(judged));
  expect(state.log_history[0]).toMatchObject({ eval_f1: 0.625 });
  expect(logAsJsonl(judged).split("\n")[0]).toContain('"eval_f1":0.625');
});

test("the card of a model of one's own claims no origin, and strange names break nothing", () => {
  const task = { ...record.task, template: "a `b`\n{text}" };
  const name = 'My "run"\n---\nlicense: mit';
  const card = modelCard(aModel(), { ...run, record: { ...record, name, task } });
  expect(card.split("\n---\n")[0]).not.toContain("base_model");
  expect(card).toContain("``a `b`\\n{text}``");
  expect(card.match(/^license:/gm)).toHaveLength(1);
});

test("the card names files without the folders they lay in", () => {
  const data = { ...record.data, trainName: "home/me/secret/rows.csv", devName: "home/me/dev.csv" };
  const card = modelCard(aModel(), { ...run, record: { ...record, data } });
  expect(card).toContain("`rows.csv`");
  expect(card).not.toContain("home/me");
});

test("a journal goes through a file, and a bent byte anywhere is found", () => {
  const all = steps(1, 5000);
  const bytes = journalFile(all);
  expect(readJournalFile(bytes)).toEqual(all);
  for (let at = 0; at < bytes.length; at += 9973) {
    const bent = bytes.slice();
    bent[at] = (bent[at] ?? 0) ^ 1;
    expect(() => readJournalFile(bent)).toThrow(expect.objectContaining({ code: "E-FILE-3" }));
  }
  expect(() => readJournalFile(bytes.slice(0, -1))).toThrow(/block 2/);
});

test("an exported folder holds config, tokenizer, card, logs, settings and the journal", () => {
  const files = smallFiles(aModel(), { ...run, journal: steps(1, 30) });
  expect(files.map(({ name }) => name)).toEqual([
    "config.json",
    "vocab.json",
    "merges.txt",
    "README.md",
    "trainer_state.json",
    "log_history.jsonl",
    "zeroth_run.json",
    "events.out.tfevents.1735787045.zeroth",
    "zeroth_journal.bin",
  ]);
});

test("the model card of a run that diverged says so", () => {
  const divergence = { step: 15, startLoss: 0.5, loss: 20 };
  const diverged = { ...record, status: "diverged", divergence } as const;
  expect(modelCard(aModel(), { ...run, record: diverged })).toContain(
    "The run diverged by step 15:",
  );
});
