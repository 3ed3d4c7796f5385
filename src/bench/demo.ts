import { readFileSync } from "node:fs";
import type { WeightDtype } from "#base/dtype.ts";
import { encodeTable } from "#data/examples/encode.ts";
import { parseTable } from "#data/formats/table.ts";
import type { TaskSpec } from "#data/tasks/task.ts";
import { matchTensors } from "#model/matchTensors.ts";
import { resolveSettings } from "#zo/resolveSettings.ts";
import { chooseLinear } from "../entry/node/kernels.ts";
import { loadModel, openFolder, openNodeDevice } from "../entry/node/open.ts";

export type DemoContext = Awaited<ReturnType<typeof openDemo>>;

/**
 * The bundled model and its examples on the GPU, with the kernels that a method needs. `reload` restores the
 * weights.
 */
export async function openDemo(dtype: WeightDtype, method = "mezo") {
  const folder = "public/demo";
  const opened = await openFolder(folder);
  const task: TaskSpec = {
    kind: "classification",
    template: "{text} It was",
    labelColumn: "label",
    bos: 2,
    labels: ["0", "1"],
    words: [" terrible", " great"],
    maxLength: 128,
  };
  const rows = (name: string) => {
    const table = parseTable(name, readFileSync(`${folder}/${name}`, "utf8"));
    return encodeTable(opened.tokenizer, task, table).examples;
  };
  const train = rows("train.jsonl");
  const dev = rows("dev.jsonl");
  const device = await openNodeDevice();
  const settings = resolveSettings({ method, noise: "binomial", batchSize: 16 });
  const linear = chooseLinear(device, dtype);
  const model = await loadModel(device, opened, {
    settings,
    dtype,
    trained: train,
    evaluated: dev,
    linear,
  });
  const reload = () => model.weights.load(matchTensors(model.layout.table, opened.checkpoint));
  return { model, train, dev, reload, adapter: device.info.description };
}
