import { type Interval, wilsonInterval } from "#base/interval.ts";
import { usesScoreHead } from "#data/tasks/scoreHead.ts";
import type { EvaluationRecord, ModelRecord, RunRecord, StepRecord } from "../store/records.ts";
import type { Log } from "./runLog.ts";
import { runPyCommand } from "./runPy.ts";

/** README.md of an exported model: where it comes from, how it was trained, how well it does. */
export function modelCard(base: ModelRecord, log: Log): string {
  const { record, evaluations, steps } = log;
  const sections = [
    metadata(base, log),
    [
      `# ${record.name.replace(/\s+/g, " ")}`,
      "",
      `${linkTo(base)}, fine-tuned with zeroth-order optimization (forward passes only) in Zeroth.`,
      licenceSentence(base),
    ],
    result(evaluations, record),
    curve(steps, evaluations),
    training(record),
    again({ ...record, modelName: base.origin?.repo ?? record.modelName }),
    [
      "## Limits",
      "",
      "The model was tuned on one task and checked on the held-out rows above, nothing else. What is",
      "known of the base model's errors and biases holds for it too.",
      "",
    ],
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

/** The head other programs read. JSON is YAML, so quoting is JSON's. */
function metadata(base: ModelRecord, { record, evaluations }: Log): string[] {
  const { origin } = base;
  const { dataset } = record.data;
  const last = evaluations.at(-1);
  return [
    "---",
    `license: ${JSON.stringify(origin?.licence ?? "other")}`,
    ...(origin
      ? [
          `license_link: ${JSON.stringify(origin.address)}`,
          `base_model: ${JSON.stringify(origin.repo)}`,
          "base_model_relation: finetune",
        ]
      : []),
    "library_name: transformers",
    `pipeline_tag: ${usesScoreHead(record.task) ? "text-classification" : "text-generation"}`,
    `tags: [zeroth-order, ${JSON.stringify(record.settings.method)}, webgpu, zeroth]`,
    ...(dataset === undefined ? [] : [`datasets: [${JSON.stringify(dataset)}]`]),
    ...(last ? modelIndex(record, last) : []),
    "---",
  ];
}

function modelIndex({ name, data, task }: RunRecord, last: EvaluationRecord): string[] {
  const type = task.kind === "generation" ? "text-generation" : "text-classification";
  const entry = {
    name,
    results: [
      {
        task: { type },
        dataset: {
          name: bareName(data.devName || data.trainName),
          type: data.dataset ?? "own-data",
        },
        metrics: [
          ...(last.f1 === undefined
            ? [{ type: "accuracy", value: rounded(last.accuracy), verified: false }]
            : [
                { type: "f1", value: rounded(last.f1), verified: false },
                { type: "exact_match", value: rounded(last.accuracy), verified: false },
              ]),
          { type: "loss", value: rounded(last.loss), verified: false },
        ],
      },
    ],
  };
  const measures = last.f1 === undefined ? "accuracy" : "f1, exact_match";
  return [`metrics: [${measures}]`, "model-index:", `  - ${JSON.stringify(entry)}`];
}

function result(
  evaluations: readonly EvaluationRecord[],
  { majority, testEvaluation: tested }: RunRecord,
): string[] {
  const last = evaluations.at(-1);
  if (!last) return [];
  const first = evaluations.find(({ step }) => step === 0);
  const exact = last.f1 === undefined ? [] : ["exact match"];
  const columns = [
    "",
    last.f1 === undefined ? "accuracy" : "F1",
    "95 % interval",
    ...exact,
    "loss (nats)",
    "rows",
  ];
  const row = (name: string, evaluation: EvaluationRecord) =>
    `| ${name} | ${scores(evaluation)} | ${evaluation.loss.toFixed(4)} | ${evaluation.n} |`;
  return [
    "## Result on held-out rows",
    "",
    `| ${columns.join(" | ")} |`,
    `| ${columns.map(() => "---").join(" | ")} |`,
    ...(majority
      ? [
          `| always answering ${code(majority.label)} | ${percent(majority.share)} | | | ${last.n} |`,
        ]
      : []),
    ...(first && first !== last ? [row("before training", first)] : []),
    row(`after step ${last.step}`, last),
    // Measured at another step's weights, it says nothing of these.
    ...(tested && tested.step === last.step
      ? [row(`final test after step ${tested.step}, on rows kept for it`, tested)]
      : []),
  ];
}

const MOST_CURVE_ROWS = 12;

/** The training loss in about a dozen stretches, with the evaluations that fall into each. */
function curve(steps: readonly StepRecord[], evaluations: readonly EvaluationRecord[]): string[] {
  if (steps.length === 0) return [];
  const size = Math.ceil(steps.length / MOST_CURVE_ROWS);
  const hasF1 = evaluations.some(({ f1 }) => f1 !== undefined);
  const rows: string[] = [];
  for (let start = 0; start < steps.length; start += size) {
    const part = steps.slice(start, start + size);
    const from = part[0]?.step ?? 0;
    const to = part.at(-1)?.step ?? 0;
    const losses = part.map(({ loss }) => loss).filter((loss) => Number.isFinite(loss));
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    const held = evaluations.findLast(({ step }) => step >= from && step <= to);
    const heldCells = held
      ? `${held.loss.toFixed(4)} | ${percent(held.f1 ?? held.accuracy)}`
      : " | ";
    const range = from === to ? String(from) : `${from}–${to}`;
    rows.push(`| ${range} | ${Number.isFinite(mean) ? mean.toFixed(4) : ""} | ${heldCells} |`);
  }
  return [
    "## Curve",
    "",
    `| steps | mean training loss | held-out loss | held-out ${hasF1 ? "F1" : "accuracy"} |`,
    "| --- | --- | --- | --- |",
    ...rows,
  ];
}

function training({
  settings,
  task,
  data,
  step,
  adapter,
  modelId,
  weightsSha256,
  best,
  status,
  divergence,
}: RunRecord): string[] {
  const options = task.words.map((word, i) => `${code(task.labels[i] ?? "")} → ${code(word)}`);
  const asked = usesScoreHead(task)
    ? [
        `Text: ${code(task.template)}, no prompt; a score head reads its last token`,
        "",
        `Labels: ${task.labels.map(code).join(", ")}`,
      ]
    : [`Prompt: ${code(task.template)}`];
  return [
    "## Training",
    "",
    `${step} steps on ${data.trainRows} rows of ${code(bareName(data.trainName))}, BOS token ${task.bos}.`,
    ...datasetLine(data),
    ...(best?.step === step
      ? ["Of the steps evaluated, this one had the lowest held-out loss."]
      : []),
    ...(status === "diverged"
      ? [
          `The run diverged${divergence ? ` by step ${divergence.step}` : ""}: its last loss was far above its first.`,
        ]
      : []),
    "",
    ...asked,
    ...(options.length > 0 ? ["", `Answers: ${options.join(", ")}`] : []),
    "",
    "| setting | value |",
    "| --- | --- |",
    ...Object.entries(settings).map(([key, value]) => `| ${key} | ${value} |`),
    "",
    `Ran on ${adapter}.`,
    "",
    `SHA-256 of the base weights (f32, in the order of the parameters): ${code(modelId)}`,
    ...(weightsSha256 === undefined ? [] : ["", `Of the tuned weights: ${code(weightsSha256)}`]),
  ];
}

function datasetLine({ dataset, datasetConfig, datasetRevision }: RunRecord["data"]): string[] {
  if (dataset === undefined || datasetRevision === undefined) return [];
  const part = datasetConfig === undefined ? "" : `, configuration ${code(datasetConfig)}`;
  return [
    `The rows are those of the data set ${code(dataset)}${part}, commit ${datasetRevision.slice(0, 12)} ` +
      "of its Parquet files.",
  ];
}

function again(record: RunRecord): string[] {
  const { command, notes } = runPyCommand(record);
  return [
    "## Doing it again",
    "",
    "`zeroth_run.json` holds the settings, `zeroth_journal.bin` (if it is here) every step: with the base",
    "weights it rebuilds these, bit for bit. What MeZO's own program would be told:",
    "",
    ...(command === null ? [] : ["```sh", command, "```", ""]),
    ...notes.map((note) => `* ${note}`),
  ];
}

function linkTo({ name, origin }: ModelRecord): string {
  if (!origin) return name;
  return `[${origin.repo}](${origin.address}) at commit ${origin.commit.slice(0, 12)}`;
}

function licenceSentence({ origin }: ModelRecord): string {
  const where = origin ? ` (${origin.licence}; see [its page](${origin.address}))` : "";
  return `The licence of the base model applies${where}.`;
}

/** A file's name without the folders it lay in: those are nobody's business. A data set keeps its owner. */
function bareName(name: string): string {
  return /\.\w+$/.test(name) ? name.slice(name.lastIndexOf("/") + 1) : name;
}

/** A value in a line of Markdown, whatever characters it has. */
function code(text: string): string {
  const oneLine = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"');
  const fence = oneLine.includes("`") ? "``" : "`";
  return `${fence}${oneLine}${fence}`;
}

/** As columns: a mean F1 with the interval of that mean, and exact match; or accuracy with Wilson's. */
function scores({ f1, f1Interval, accuracy, n }: EvaluationRecord): string {
  if (f1 !== undefined) {
    return `${percent(f1)} | ${f1Interval ? rangeOf(f1Interval) : "?"} | ${percent(accuracy)}`;
  }
  const isShare = n >= 1 && accuracy >= 0 && accuracy <= 1;
  return `${percent(accuracy)} | ${isShare ? rangeOf(wilsonInterval(accuracy, n)) : "?"}`;
}

function percent(share: number): string {
  return Number.isFinite(share) ? `${(share * 100).toFixed(1)} %` : "?";
}

function rangeOf([low, high]: Interval): string {
  return `${(100 * low).toFixed(1)}–${percent(high)}`;
}

function rounded(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toFixed(6)) : null;
}
