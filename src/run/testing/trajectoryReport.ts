// Prints the steps of every method on the driver of this process as JSON. Tests run it in a process of
// its own: src/reference/testing/drivers.ts

import { nodeGpu } from "#entry/node/gpu.ts";
import { openDevice } from "#gpu/device.ts";
import type { FixtureName } from "#model/testing/fixture.ts";
import { evaluate } from "../evaluation/evaluation.ts";
import { planAt } from "../step/stepPlans.ts";
import { extraOf } from "../step/stepRecords.ts";
import { toStepRecords } from "../store/journal.ts";
import type { StepRecord } from "../store/records.ts";
import { weightsSha256 } from "../store/weightsHash.ts";
import { openFixtureRun, reviewHeadTask, reviewTask, takeSteps } from "./fixtureRun.ts";

export interface Trajectory {
  readonly steps: readonly StepRecord[];
  /** Mean loss over all training examples afterwards, in nats. */
  readonly finalLoss: number;
  readonly weightsSha256: string;
}

/** By the name of the expected file, with " copy" added if the snapshot is a copy of the weights. */
export type TrajectoryReport = Readonly<Record<string, Trajectory>>;

const common = { learningRate: 2e-4, epsilon: 1e-3, seed: 42, batchSize: 8, steps: 12 };
const svrg = { method: "mezo_svrg", anchorLearningRate: 4e-4, svrgQ: 3 };
const recipes: readonly (readonly [string, FixtureName, Readonly<Record<string, unknown>>])[] = [
  ["expected.mezo.jsonl", "opt-tiny-pre-ln", { method: "mezo" }],
  ["expected.mezo.f16.jsonl", "opt-tiny-pre-ln", { method: "mezo", dtype: "f16" }],
  ["expected.sparse_mezo.jsonl", "opt-tiny-pre-ln", { method: "sparse_mezo", sparsity: 0.75 }],
  ["expected.lezo.jsonl", "opt-tiny-pre-ln", { method: "lezo", lezoSparsity: 0.5 }],
  ["expected.mezo_svrg.jsonl", "opt-tiny-pre-ln", svrg],
  ["expected.mezo_svrg.jsonl copy", "opt-tiny-pre-ln", { ...svrg, snapshot: "copy" }],
  ["expected.mezo.gaussian.jsonl", "opt-tiny-post-ln", { method: "mezo", noise: "gaussian" }],
  ["expected.head.mezo.jsonl", "opt-tiny-pre-ln", { method: "mezo" }],
  ["expected.head.mezo_svrg.jsonl", "opt-tiny-post-ln", svrg],
];

/** Only recipes whose name contains this: some drivers are slow. */
const wanted = process.env["ZEROTH_TRAJECTORIES"] ?? "";

const device = await openDevice(nodeGpu());
const report: Record<string, Trajectory> = {};
// Kept until the end: Dawn returns an existing pipeline instead of compiling an equal one.
const kept: unknown[] = [];
for (const [name, fixture, more] of recipes) {
  if (!name.includes(wanted)) continue;
  const task = name.startsWith("expected.head.") ? reviewHeadTask : reviewTask;
  const run = await openFixtureRun(device, { ...common, ...more }, { fixture, task });
  kept.push(run);
  const { model, settings, examples } = run;
  const steps = await takeSteps(run.stepper, common.steps);
  const { numHiddenLayers } = model.config;
  const planOf = (step: number) => planAt(settings, numHiddenLayers, step);
  report[name] = {
    steps: toStepRecords(steps, undefined, (step) => extraOf(planOf(step.step - 1), step)),
    finalLoss: (await evaluate(model, examples)).loss,
    weightsSha256: await weightsSha256(model.weights),
  };
}
process.stdout.write(JSON.stringify(report), () => process.exit(0));
