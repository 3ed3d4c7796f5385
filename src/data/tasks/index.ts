import { ZerothError } from "#base/errors.ts";
import { quote } from "#base/text.ts";
import { boolq } from "./boolq.ts";
import { cb } from "./cb.ts";
import { cola } from "./cola.ts";
import { copa } from "./copa.ts";
import type { TaskDefinition } from "./definition.ts";
import { drop } from "./drop.ts";
import { mnli } from "./mnli.ts";
import { mrpc } from "./mrpc.ts";
import { multirc } from "./multirc.ts";
import { qnli } from "./qnli.ts";
import { record } from "./record.ts";
import { rte } from "./rte.ts";
import { squad } from "./squad.ts";
import { sst2 } from "./sst2.ts";
import { type BuiltInTask, limitsOf, type Table, type TaskId, type TextLimits } from "./task.ts";
import { wic } from "./wic.ts";
import { wsc } from "./wsc.ts";

/** Every built-in task, MeZO's in the order of its tables first. */
export const taskDefinitions: readonly TaskDefinition[] = [
  sst2,
  rte,
  cb,
  boolq,
  wsc,
  wic,
  multirc,
  copa,
  record,
  squad,
  drop,
  mnli,
  qnli,
  cola,
  mrpc,
];

/** @throws ZerothError E-CFG-2 if no task has this name, whatever its case */
export function taskDefinition(name: string): TaskDefinition {
  const wanted = name.toLowerCase();
  const found = taskDefinitions.find(({ id }) => id.toLowerCase() === wanted);
  if (found !== undefined) return found;
  throw new ZerothError(
    "E-CFG-2",
    `There is no task ${quote(name)}. Choose one of ${taskDefinitions.map(({ id }) => id).join(", ")}.`,
  );
}

/** A built-in task to encode rows with. */
export function builtInTask(id: TaskId, limits: TextLimits): BuiltInTask {
  const { kind, template, labelColumn, labels, words } = taskDefinition(id);
  return { kind, task: id, template, labelColumn, labels, words, ...limitsOf(limits) };
}

/** The task that a table is made for; null where its columns leave a doubt. */
export function recogniseTask(table: Table): TaskDefinition | null {
  const found = taskDefinitions.filter((task) => task.recognise(table));
  return found.length === 1 ? (found[0] ?? null) : null;
}
