import { openDevice } from "#gpu/device.ts";
import type { FixtureName } from "#model/testing/fixture.ts";
import { oneDeviceGpu } from "#session/testing/gpus.ts";
import { evaluate } from "../evaluation/evaluation.ts";
import { planAt } from "../step/stepPlans.ts";
import { extraOf } from "../step/stepRecords.ts";
import { toStepRecords } from "../store/journal.ts";
import type { StepRecord } from "../store/records.ts";
import { openFixtureRun, reviewHeadTask, reviewTask, takeSteps } from "./fixtureRun.ts";

export interface Trajectory {
  readonly steps: readonly StepRecord[];
  /** Mean loss over all training examples afterwards, in nats. */
  readonly finalLoss: number;
}

interface Recipe {
  readonly fixture: FixtureName;
  readonly method: string;
  readonly [setting: string]: unknown;
}

const common = { learningRate: 2e-4, epsilon: 1e-3, seed: 42, batchSize: 8, steps: 12 };
const svrg = { method: "mezo_svrg", anchorLearningRate: 4e-4, svrgQ: 3 };
const recipes: Readonly<Record<string, Recipe>> = {
  "expected.mezo.jsonl": { fixture: "opt-tiny-pre-ln", method: "mezo" },
  "expected.mezo.f16.jsonl": { fixture: "opt-tiny-pre-ln", method: "mezo", dtype: "f16" },
  "expected.sparse_mezo.jsonl": {
    fixture: "opt-tiny-pre-ln",
    method: "sparse_mezo",
    sparsity: 0.75,
  },
  "expected.lezo.jsonl": { fixture: "opt-tiny-pre-ln", method: "lezo", lezoSparsity: 0.5 },
  "expected.mezo_svrg.jsonl": { fixture: "opt-tiny-pre-ln", ...svrg },
  "expected.mezo_svrg.jsonl copy": { fixture: "opt-tiny-pre-ln", ...svrg, snapshot: "copy" },
  "expected.mezo.gaussian.jsonl": {
    fixture: "opt-tiny-post-ln",
    method: "mezo",
    noise: "gaussian",
  },
  "expected.fzoo.jsonl": { fixture: "opt-tiny-pre-ln", method: "fzoo", noise: "binomial" },
  "expected.head.mezo.jsonl": { fixture: "opt-tiny-pre-ln", method: "mezo" },
  "expected.head.mezo_svrg.jsonl": { fixture: "opt-tiny-post-ln", ...svrg },
};

const trajectories = new Map<string, Promise<Trajectory>>();

/**
 * Returns twelve steps on this process's GPU, computed once.
 *
 * @param name  of the expected file, with " copy" added if the snapshot is to be a copy of the weights
 */
export function trajectoryOf(name: string): Promise<Trajectory> {
  const trajectory = trajectories.get(name) ?? computeTrajectory(name);
  trajectories.set(name, trajectory);
  return trajectory;
}

async function computeTrajectory(name: string): Promise<Trajectory> {
  const { fixture, ...given } = recipes[name]!;
  const device = await openDevice(oneDeviceGpu());
  const task = name.startsWith("expected.head.") ? reviewHeadTask : reviewTask;
  const run = await openFixtureRun(device, { ...common, ...given }, { fixture, task });
  const { model, settings, examples } = run;
  const steps = await takeSteps(run.stepper, common.steps);
  const planOf = (step: number) => planAt(settings, model.config.numHiddenLayers, step);
  return {
    steps: toStepRecords(steps, undefined, (step) => extraOf(planOf(step.step - 1), step)),
    finalLoss: (await evaluate(model, examples)).loss,
  };
}
