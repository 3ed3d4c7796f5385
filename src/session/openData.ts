import { ZerothError } from "#base/errors.ts";
import { type CheckedData, checkData } from "#data/examples/checkData.ts";
import {
  type DataFiles,
  defaultRules,
  defaultSplitSizes,
  describeSplits,
  drawSplits,
  type SplitRules,
  type Splits,
} from "#data/examples/splits.ts";
import { blobSource, memorySource } from "#data/formats/byteSource.ts";
import { directParser, type TableSource } from "#data/parser/parser.ts";
import { asQuestions, defaultTask, isLabelled, taskChoices } from "#data/tasks/choices.ts";
import { defaultSizes as usualTaskSizes } from "#data/tasks/definition.ts";
import { guessTask, withLabelColumn } from "#data/tasks/guess.ts";
import { builtInTask, taskDefinition } from "#data/tasks/index.ts";
import {
  headLabelCount,
  inHeadOrder,
  scoreHeadTask,
  withScoreHead,
} from "#data/tasks/scoreHead.ts";
import type { Row, Table, TaskSpec } from "#data/tasks/task.ts";
import { labelNames } from "#model/config.ts";
import { headMisfit } from "#model/head.ts";
import type { RunData, RunRecord, RunRows } from "#run/store/records.ts";
import { ranked } from "#zo/draws.ts";
import type { DemoAssets, Environment } from "./environment.ts";
import type { OpenModel } from "./openModel.ts";
import type { DataSource, DataSources } from "./protocol.ts";
import type { DataReport } from "./reports.ts";

/** Open data: its source, and the examples made of it by a task and rules. */
export interface OpenData {
  /** Where on the hub it is from, if it is. */
  readonly dataset: DatasetOrigin;
  readonly source: RowSource;
  /** Rules that were set; the others have defaults by files and task. */
  readonly chosen: Partial<SplitRules>;
  /** The task as chosen, before the model's positions and head limited it. */
  readonly chosenTask: TaskSpec;
  /** Sentences about files that were not used. */
  readonly notes: readonly string[];
  readonly inspection: CheckedData;
}

type DatasetOrigin = Pick<RunData, "dataset" | "datasetConfig" | "datasetRevision">;
type Places = Pick<Environment, "demo" | "hub" | "parser">;

/** Files that splits are drawn from, or the splits of a stored run. */
type RowSource =
  | { readonly kind: "files"; readonly files: DataFiles }
  | { readonly kind: "parts"; readonly parts: Splits };

/**
 * Opens tables with the task that they are recognised as, else with a guessed one.
 *
 * @throws ZerothError E-DATA-1 for files without examples
 */
export async function openData(
  sources: DataSources,
  model: OpenModel,
  places: Places,
): Promise<OpenData> {
  const files = await readFiles(sources, places);
  const { train } = files;
  rejectTooFew(files);
  const dataset = await originOf(sources.train, places);
  const source = { kind: "files", files } as const;
  if (sources.train.kind === "demo") {
    const devRows = files.second?.rows.length ?? 0;
    const trainRows = train.rows.length;
    const chosen = { secondFile: "dev", trainRows, devRows, testRows: 0 } as const;
    return inspect({ source, dataset, chosen }, await demoTask(places.demo, model), model);
  }
  const task = taskOfHead(train, model) ?? defaultTask(train);
  return inspect({ source, dataset, chosen: {} }, task, model);
}

/** Returns the same data with another task. Without labels, they are read from the label column. */
export function withTask(data: OpenData, given: TaskSpec, model: OpenModel): OpenData {
  if ("task" in given) {
    const { columns, head } = given;
    if (head) {
      const definition = taskDefinition(given.task);
      return inspect(data, scoreHeadTask(definition, trainTable(data.source), given), model);
    }
    // A built-in task has its own template and words, whatever a file or link says.
    const whole = { ...builtInTask(given.task, given), ...(columns && { columns }) };
    return inspect(data, whole, model);
  }
  const isOpen = given.kind === "classification" && given.labels.length === 0;
  const task = isOpen ? withLabelColumn(given, trainTable(data.source), given.labelColumn) : given;
  return inspect(data, task, model);
}

/** Returns the same data with these rules, and defaults for the others. */
export function withRules(data: OpenData, chosen: Partial<SplitRules>, model: OpenModel): OpenData {
  return inspect({ ...data, chosen }, data.chosenTask, model);
}

/** Returns the same data for another model, with the same task and rules. */
export function underModel(data: OpenData, model: OpenModel): OpenData {
  return inspect(data, data.chosenTask, model);
}

/** Opens these tables as training, validation and test set. */
export function openParts(
  parts: Splits,
  task: TaskSpec,
  rules: Partial<SplitRules> | undefined,
  model: OpenModel,
): OpenData {
  const source = { kind: "parts", parts } as const;
  return inspect({ source, dataset: {}, chosen: rules ?? {} }, task, model);
}

/** Returns the data of a stored run, with its task. */
export function storedData({ data, task }: RunRecord, rows: RunRows, model: OpenModel): OpenData {
  const { dataset, datasetConfig, datasetRevision } = data;
  const origin = {
    ...(dataset && { dataset }),
    ...(datasetConfig && { datasetConfig }),
    ...(datasetRevision && { datasetRevision }),
  };
  const parts = {
    train: tableFrom(data.trainName, rows.train),
    dev: tableFrom(data.devName, rows.dev),
    test: tableFrom(data.testName ?? "", rows.test ?? []),
  };
  const source = { kind: "parts", parts } as const;
  return inspect({ source, dataset: origin, chosen: data.rules ?? {} }, task, model);
}

/** Returns the report of open data. */
export function reportData({ source, chosen, notes, inspection }: OpenData): DataReport {
  const { summary: facts, tables } = inspection;
  const partRows = {
    train: tables.train.rows.length,
    dev: tables.dev.rows.length,
    test: tables.test.rows.length,
  };
  const isStored = source.kind === "parts";
  const split = isStored
    ? "These examples are stored with the run, as they were drawn for it."
    : describeSplits(
        usedFiles(source.files, facts.task).files,
        facts.rules,
        tables,
        !(["trainRows", "devRows", "testRows"] as const).some((size) => size in chosen),
      );
  const fileNames = isStored
    ? [source.parts.train.name]
    : [source.files.train, source.files.second, source.files.third].flatMap(
        (table) => table?.name ?? [],
      );
  const choices = taskChoices(trainTable(source));
  return { ...facts, partRows, isStored, fileNames, split, chosenRules: chosen, notes, choices };
}

function inspect(
  { source, dataset, chosen }: Pick<OpenData, "source" | "dataset" | "chosen">,
  given: TaskSpec,
  model: OpenModel,
): OpenData {
  const spec = limited(given, model);
  const { parts, rules, notes } = partsOf(source, spec, chosen);
  const checked = checkData({ parts, spec, rules, tokenizer: model.tokenizer });
  const summary = { ...checked.summary, ...headRemarks(checked, model) };
  return { source, dataset, chosen, chosenTask: given, notes, inspection: { ...checked, summary } };
}

/** Adds blockers and warnings about the score head of the model files. */
function headRemarks({ summary }: CheckedData, { own }: OpenModel) {
  const { task, blockers, warnings } = summary;
  const labels = headLabelCount(task);
  const misfit = labels === null ? null : headMisfit(own, labels);
  const isLeftOut = labels === null && own.numLabels !== null;
  const left =
    `The model came with a head for ${own.numLabels} labels. Label words do not use it: the ` +
    `run and its export leave it out.`;
  return {
    blockers: misfit === null ? blockers : [...blockers, misfit],
    warnings: isLeftOut ? [...warnings, left] : warnings,
  };
}

/** The task of the model's own score head, if it has as many labels as the table. */
function taskOfHead(table: Table, { own }: OpenModel): TaskSpec | null {
  if (own.numLabels === null) return null;
  const task = guessTask(table);
  return own.numLabels === task.labels.length ? withScoreHead(task) : null;
}

function partsOf(
  source: RowSource,
  spec: TaskSpec,
  chosen: Partial<SplitRules>,
): { parts: Splits; rules: SplitRules; notes: readonly string[] } {
  if (source.kind === "parts") {
    const { train, dev, test } = source.parts;
    const sizes = {
      trainRows: train.rows.length,
      devRows: dev.rows.length,
      testRows: test.rows.length,
    };
    return { parts: source.parts, rules: { ...defaultRules, ...sizes, ...chosen }, notes: [] };
  }
  const { files, notes } = usedFiles(source.files, spec);
  const isBuiltIn = "task" in spec;
  const sizes = isBuiltIn ? taskDefinition(spec.task).sizes : usualTaskSizes;
  const secondFile = chosen.secondFile ?? defaultRules.secondFile;
  const usual = { ...defaultRules, ...defaultSplitSizes(files, sizes, { isBuiltIn, secondFile }) };
  const rules = { ...usual, ...chosen };
  const order = (seed: number, n: number) => ranked(seed, "split", 0, n);
  return { parts: drawSplits(files, rules, order), rules, notes };
}

/** The files with one question per row; files without labels are left out. */
function usedFiles(
  files: DataFiles,
  spec: TaskSpec,
): { readonly files: DataFiles; readonly notes: readonly string[] } {
  const notes: string[] = [];
  const used = (table: Table | null) => {
    if (table === null || isLabelled(table, spec)) return table && asQuestions(table, spec);
    notes.push(`${table.name} has no labels, so it is not used.`);
    return null;
  };
  return {
    files: {
      train: asQuestions(files.train, spec),
      second: used(files.second),
      third: used(files.third),
    },
    notes,
  };
}

function trainTable(source: RowSource): Table {
  return source.kind === "files" ? source.files.train : source.parts.train;
}

async function readFiles({ train, dev, test }: DataSources, places: Places): Promise<DataFiles> {
  const chosen = [train, dev, test].filter((source) => source !== undefined);
  const sources = await Promise.all(chosen.map((source) => tableSource(source, places)));
  // The bundled data is as trusted as the program.
  const isTrusted = chosen.every(({ kind }) => kind === "demo");
  const parser = isTrusted ? directParser : places.parser;
  const [first, ...others] = await parser.readTables(sources);
  if (first === undefined) throw new Error("A parser returns a table for each source.");
  const second = dev && others.shift();
  const third = test && others.shift();
  return { train: first, second: second ?? null, third: third ?? null };
}

async function tableSource(source: DataSource, { demo, hub }: Places): Promise<TableSource> {
  switch (source.kind) {
    case "demo": {
      const name = (await demo.describe())[source.split];
      return textSource(name, await demo.text(name));
    }
    case "file": {
      const { name } = source.file;
      return { name, files: [blobSource(name, source.file)] };
    }
    case "text":
      return textSource(source.name, source.text);
    case "cached": {
      const { entry, files } = await hub.open(source.folder, source.split);
      const part = entry.part === null || entry.part === "default" ? "" : ` ${entry.part}`;
      return { name: `${entry.repo}${part} ${source.split}`, files };
    }
    default:
      return source satisfies never;
  }
}

function textSource(name: string, text: string): TableSource {
  return { name, files: [memorySource(name, new TextEncoder().encode(text))] };
}

async function originOf(source: DataSource, { hub }: Places): Promise<DatasetOrigin> {
  if (source.kind !== "cached") return {};
  const { entry } = await hub.open(source.folder);
  const { repo, part, commit } = entry;
  return {
    dataset: repo,
    datasetRevision: commit,
    ...(part === null ? {} : { datasetConfig: part }),
  };
}

function rejectTooFew({ train, second, third }: DataFiles): void {
  const { length } = train.rows;
  if (length > 1 || (length === 1 && (second !== null || third !== null))) return;
  throw new ZerothError(
    "E-DATA-1",
    `"${train.name}" has ${length} usable row${length === 1 ? "" : "s"}; at least 2 are needed, ` +
      `one for the training set and one for the validation set.`,
  );
}

async function demoTask(demo: DemoAssets, model: OpenModel): Promise<TaskSpec> {
  const { template, labels, words } = await demo.describe();
  return {
    kind: "classification",
    template,
    labels,
    words,
    labelColumn: "label",
    bos: 2,
    maxLength: model.config.maxPositionEmbeddings,
  };
}

/** The task with a length limit of the model's positions, and labels in the order of its head. */
function limited(task: TaskSpec, { own, record }: OpenModel): TaskSpec {
  const maxLength = Math.min(task.maxLength, own.maxPositionEmbeddings);
  return { ...inHeadOrder(task, labelNames(record.config)), maxLength };
}

function tableFrom(name: string, rows: readonly Row[]): Table {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const rowNumbers = rows.map((_, i) => i + 1);
  return { name, format: "jsonl", columns, rows, rowNumbers, problems: [] };
}
