import { ZerothError } from "#base/errors.ts";
import { splitRows, splitTable } from "#data/batches.ts";
import { guessTask, withLabelColumn } from "#data/guess.ts";
import { type Inspection, inspectData } from "#data/inspect.ts";
import { parseParquet } from "#data/parquet.ts";
import { parseTable } from "#data/table.ts";
import { parseTableFile } from "#data/tableFile.ts";
import type { Row, Table, TaskSpec } from "#data/task.ts";
import { ranked } from "#zo/draws.ts";
import type { DataSource } from "../protocol.ts";
import type { RunData, RunRecord, RunRows } from "../records.ts";
import type { DemoAssets, Environment } from "./environment.ts";
import type { OpenModel } from "./openModel.ts";

/** Rows at hand, and what they become under a task. */
export interface OpenData {
  /** Where on the hub they came from, if they did. */
  readonly dataset?: DatasetOrigin;
  readonly train: Table;
  readonly dev: Table;
  readonly inspection: Inspection;
}

type DatasetOrigin = Pick<RunData, "dataset" | "datasetConfig" | "datasetRevision">;

/** Share of rows held out where no held-out file is given, at most 500 as in MeZO. */
const HELD_OUT = 0.2;
const MOST_HELD_OUT = 500;

/** @throws ZerothError E-DATA-1 for files that hold no rows */
export async function openData(
  train: DataSource,
  dev: DataSource | undefined,
  model: OpenModel,
  places: Pick<Environment, "demo" | "hub">,
): Promise<OpenData> {
  const table = await tableOf(train, places);
  const parts = dev ? { train: table, dev: await tableOf(dev, places) } : split(table);
  const task =
    train.kind === "demo" ? await demoTask(places.demo, model) : limited(guessTask(table), model);
  const origin = await originOf(train, places);
  return { ...inspect(parts.train, parts.dev, task, model), ...origin };
}

/** The same rows under another task. Without labels, they are read from the label column. */
export function withTask(
  { train, dev, dataset }: OpenData,
  given: TaskSpec,
  model: OpenModel,
): OpenData {
  const isOpen = !("task" in given) && given.labels.length === 0;
  const task = isOpen ? withLabelColumn(given, train, given.labelColumn) : given;
  return { ...inspect(train, dev, limited(task, model), model), ...(dataset && { dataset }) };
}

/** The rows kept with a run, under its task. */
export function storedData({ data, task }: RunRecord, rows: RunRows, model: OpenModel): OpenData {
  const { dataset, datasetConfig, datasetRevision } = data;
  const origin = {
    ...(dataset && { dataset }),
    ...(datasetConfig && { datasetConfig }),
    ...(datasetRevision && { datasetRevision }),
  };
  const train = tableFrom(data.trainName, rows.train);
  const dev = tableFrom(data.devName, rows.dev);
  return { ...inspect(train, dev, task, model), dataset: origin };
}

function inspect(train: Table, dev: Table, spec: TaskSpec, model: OpenModel): OpenData {
  const inspection = inspectData({ train, dev, spec, tokenizer: model.tokenizer });
  return { train, dev, inspection };
}

async function tableOf(
  source: DataSource,
  { demo, hub }: Pick<Environment, "demo" | "hub">,
): Promise<Table> {
  switch (source.kind) {
    case "demo": {
      const name = (await demo.describe())[source.split];
      return parseTable(name, await demo.text(name));
    }
    case "file":
      return parseTableFile(source.file.name, source.file);
    case "text":
      return parseTable(source.name, source.text);
    case "cached": {
      const { entry, files } = await hub.open(source.folder, source.split);
      const part = entry.part === null || entry.part === "default" ? "" : ` ${entry.part}`;
      return parseParquet(`${entry.repo}${part} ${source.split}`, files);
    }
    default:
      return source satisfies never;
  }
}

async function originOf(
  source: DataSource,
  { hub }: Pick<Environment, "hub">,
): Promise<Pick<OpenData, "dataset">> {
  if (source.kind !== "cached") return {};
  const { entry } = await hub.open(source.folder);
  const { repo, part, commit } = entry;
  return {
    dataset: {
      ...{ dataset: repo, datasetRevision: commit },
      ...(part === null ? {} : { datasetConfig: part }),
    },
  };
}

function split(table: Table): { train: Table; dev: Table } {
  const { length } = table.rows;
  if (length < 2) {
    throw new ZerothError(
      "E-DATA-1",
      `"${table.name}" has ${length} usable row${length === 1 ? "" : "s"}; at least 2 are needed, ` +
        `one to train on and one to hold out.`,
    );
  }
  const held = Math.max(1, Math.min(MOST_HELD_OUT, Math.floor(length * HELD_OUT)));
  const parts = splitTable(table, splitRows(ranked(0, "split", 0, length), held));
  return { train: parts.train, dev: { ...parts.dev, name: `${table.name} (held out)` } };
}

async function demoTask(demo: DemoAssets, model: OpenModel): Promise<TaskSpec> {
  const { template, labels, words } = await demo.describe();
  return {
    ...{ kind: "classification", template, labels, words, labelColumn: "label", bos: 2 },
    maxLength: model.config.maxPositionEmbeddings,
  };
}

/** No sequence may be longer than the table of positions. */
function limited(task: TaskSpec, { config }: OpenModel): TaskSpec {
  return { ...task, maxLength: Math.min(task.maxLength, config.maxPositionEmbeddings) };
}

function tableFrom(name: string, rows: readonly Row[]): Table {
  const columns = [...new Set(rows.flatMap((row) => Object.keys(row)))];
  const rowNumbers = rows.map((_, i) => i + 1);
  return { name, format: "jsonl", columns, rows, rowNumbers, problems: [] };
}
