import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { isPreferredDriver } from "#reference/testing/drivers.ts";
import { type Trajectory, trajectoryOf } from "../testing/trajectories.ts";

// The expected files are PyTorch's: test/fixtures/README.md
type Line = Readonly<Record<string, unknown>>;

function expectedLines(fixture: string, file: string): { steps: Line[]; finalLoss: number } {
  const url = new URL(`../../../test/fixtures/${fixture}/${file}`, import.meta.url);
  const lines = readFileSync(url, "utf8").trimEnd().split("\n");
  const values: Line[] = lines.map((line) => JSON.parse(line));
  return { steps: values.slice(0, -1), finalLoss: Number(values.at(-1)!["final_loss"]) };
}

/** f32 sums in another order: losses of about 0.7 differ by 1e-7, and a little more after 12 steps. */
const lossBound = 5e-5;
/**
 * With f16 weights, the last bit of a gradient decides how a few weights are rounded, by a thousandth of
 * each: two kernels that agree to 1e-6 on f32 runs differ by up to 7e-5 here.
 */
const halfLossBound = 1.5e-4;

/** A difference of two losses over 2ε = 0.002: within 3 %, or what the bound on losses allows. */
function expectGradient(actual: number | undefined, expected: unknown): void {
  const wanted = Number(expected);
  const bound = Math.max(0.03 * Math.abs(wanted), 0.003);
  expect(Math.abs((actual ?? Number.NaN) - wanted), `${actual} for ${wanted}`).toBeLessThan(bound);
}

function expectTrajectory(
  trajectory: Trajectory,
  fixture: string,
  file: string,
  bound = lossBound,
): void {
  const { steps, finalLoss } = expectedLines(fixture, file);
  const expectLoss = (actual: number | undefined, expected: unknown) => {
    const error = Math.abs((actual ?? Number.NaN) - Number(expected));
    expect(error, `${actual} for ${expected}`).toBeLessThan(bound);
  };
  expect(trajectory.steps.length).toBe(steps.length);
  for (const [i, line] of steps.entries()) {
    const step = trajectory.steps[i]!;
    expect(step.step).toBe(line["step"]);
    expectLoss(step.loss, line["loss"]);
    expectLoss(step.lossPlus, line["loss_plus"]);
    expectLoss(step.lossMinus, line["loss_minus"]);
    expectGradient(step.projectedGrad, line["projected_grad"]);
    expect(step.extra?.active_blocks).toEqual(line["active_blocks"]);
    expect(step.extra?.kind).toEqual(line["kind"]);
    expect(step.extra?.snapshot_loss_plus !== undefined).toBe("snapshot_loss_plus" in line);
    if (line["snapshot_loss_plus"] === undefined) continue;
    expectLoss(step.extra?.snapshot_loss_plus, line["snapshot_loss_plus"]);
    expectLoss(step.extra?.snapshot_loss_minus, line["snapshot_loss_minus"]);
    expectGradient(step.extra?.snapshot_projected_grad, line["snapshot_projected_grad"]);
  }
  expectLoss(trajectory.finalLoss, finalLoss);
}

test("twelve steps of Sparse-MeZO equal PyTorch's", async () => {
  const file = "expected.sparse_mezo.jsonl";
  expectTrajectory(await trajectoryOf(file), "opt-tiny-pre-ln", file);
});

// One method is enough on other drivers: usually SwiftShader, which takes five times as long.
if (isPreferredDriver) {
  // FZOO: python src/tools/oracle.py train test/fixtures/opt-tiny-pre-ln test/fixtures/reviews.jsonl --method fzoo
  test.each(["mezo", "lezo", "mezo_svrg", "fzoo"])(
    "twelve steps of %s equal PyTorch's",
    async (method) => {
      const file = `expected.${method}.jsonl`;
      expectTrajectory(await trajectoryOf(file), "opt-tiny-pre-ln", file);
    },
  );

  test("twelve steps of MeZO with gaussian noise on a post-norm model equal PyTorch's", async () => {
    const file = "expected.mezo.gaussian.jsonl";
    expectTrajectory(await trajectoryOf(file), "opt-tiny-post-ln", file);
  });

  // python src/tools/f16_mezo.py: rounding implemented separately, losses by PyTorch
  test("twelve steps of MeZO with f16 weights equal PyTorch's", async () => {
    const file = "expected.mezo.f16.jsonl";
    expectTrajectory(await trajectoryOf(file), "opt-tiny-pre-ln", file, halfLossBound);
  });

  // python src/tools/head_fixture.py
  test.each([
    ["MeZO", "opt-tiny-pre-ln", "expected.head.mezo.jsonl"],
    ["MeZO-SVRG on a post-norm model", "opt-tiny-post-ln", "expected.head.mezo_svrg.jsonl"],
  ])("twelve steps of %s with a new score head equal PyTorch's", async (_, fixture, file) => {
    expectTrajectory(await trajectoryOf(file), fixture, file);
  });

  test("MeZO-SVRG takes the same steps with a copy of the weights as its snapshot", async () => {
    const file = "expected.mezo_svrg.jsonl";
    expectTrajectory(await trajectoryOf(`${file} copy`), "opt-tiny-pre-ln", file);
  });

  test("the learning rate, forward passes and tokens of each step are counted", async () => {
    const { steps } = await trajectoryOf("expected.mezo.jsonl");
    expect(steps.map(({ forwardPasses }) => forwardPasses)).toEqual(steps.map((_, i) => 2 * i + 2));
    expect(new Set(steps.map(({ learningRate }) => learningRate))).toEqual(new Set([2e-4]));
    const tokens = steps.map((step, i) => step.tokens - (steps[i - 1]?.tokens ?? 0));
    // Both signs of 8 examples of at least "BOS … It was" each.
    for (const count of tokens) expect(count).toBeGreaterThan(2 * 8 * 4);
    const svrg = await trajectoryOf("expected.mezo_svrg.jsonl");
    // An anchor evaluates all 64 examples as 8 batches with two signs; other steps take 4 passes.
    expect(svrg.steps.slice(0, 4).map(({ forwardPasses }) => forwardPasses)).toEqual([
      16, 20, 24, 40,
    ]);
  });
}
