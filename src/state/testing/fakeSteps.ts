import type { SparsityReport } from "#run/step/runModel.ts";
import type { StepExtra, StepRecord } from "#run/store/records.ts";

/** An anchor of the made-up MeZO-SVRG costs as much as this many steps of MeZO. */
const ANCHOR_PASSES = 16;
const ANCHOR_EVERY = 8;
const BLOCKS = 12;

/** A noisy falling loss, the same each time: what a zeroth-order run looks like. */
export function fakeStep(step: number): StepRecord {
  const wave = Math.sin(step * 12.9898) * 43758.5453;
  const jitter = wave - Math.floor(wave) - 0.5;
  const trend = 0.28 + 0.42 * Math.exp(-step / 140);
  const loss = trend * (1 + jitter * 0.7);
  const projectedGrad = jitter * 8 * trend;
  return {
    step,
    loss,
    lossPlus: loss + projectedGrad * 1e-3,
    lossMinus: loss - projectedGrad * 1e-3,
    projectedGrad,
    learningRate: 1e-4,
    forwardPasses: step * 2,
    tokens: step * 864,
    seconds: step / 9.6,
  };
}

/** A step of any method, with what that method shows of itself. */
export function fakeStepOf(methodId: string, step: number, seed = 0): StepRecord {
  const plain = fakeStep(step + seed * 7919);
  const shift = 1 + (chance(seed * 31) - 0.5) * 0.12;
  const trend = 0.28 + 0.42 * Math.exp(-step / (110 + 60 * chance(seed + methodId.charCodeAt(0))));
  const loss = (plain.loss / trendOf(step + seed * 7919)) * trend * shift;
  const half = plain.projectedGrad * 1e-3;
  const base = {
    ...plain,
    step,
    loss,
    lossPlus: loss + half,
    lossMinus: loss - half,
    forwardPasses: step * 2,
    tokens: step * 864,
    seconds: step / (methodId === "lezo" ? 13.1 : 9.6),
  };
  switch (methodId) {
    case "lezo":
      return { ...base, extra: { active_blocks: drawBlocks(step) } };
    case "sparse_mezo":
      return { ...base, extra: { mask_density: 0.25 + 0.004 * Math.log1p(step / 40) } };
    case "mezo_svrg":
      return withAnchors(base);
    default:
      return base;
  }
}

/** What a mask might look like over the matrices of a model of 12 blocks. */
export function fakeSparsity(step: number): SparsityReport {
  const names = ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj", "fc1", "fc2"];
  const tensors = Array.from({ length: BLOCKS }, (_, block) =>
    names.map((name, i) => {
      const threshold = 0.0074 * (1 + block / 16) * (1 + i / 9);
      return {
        name: `model.decoder.layers.${block}.${name}.weight`,
        elements: i < 3 ? 589_824 : 2_359_296,
        threshold,
        density: 0.25 + 0.01 * chance(block * 5 + i),
        histogram: Array.from({ length: 64 }, (_, bin) =>
          Math.round(36_000 * Math.exp(-((bin / 34) ** 2)) * (1 + 0.04 * chance(bin + block))),
        ),
      };
    }),
  ).flat();
  return { step, density: 0.2513, tensors };
}

function withAnchors(base: StepRecord): StepRecord {
  const { step, projectedGrad } = base;
  const anchors = Math.floor((step - 1) / ANCHOR_EVERY) + 1;
  const forwardPasses = anchors * ANCHOR_PASSES + (step - anchors) * 4;
  if ((step - 1) % ANCHOR_EVERY === 0) {
    return { ...base, learningRate: 1e-3, forwardPasses, extra: { kind: "anchor" } };
  }
  const age = (step - 1) % ANCHOR_EVERY;
  const snapshot = projectedGrad * (1 - 0.06 * age * chance(step));
  const extra: StepExtra = { kind: "mini", snapshot_projected_grad: snapshot };
  return { ...base, forwardPasses, extra };
}

function drawBlocks(step: number): readonly number[] {
  return Array.from({ length: BLOCKS }, (_, block) => block).filter(
    (block) => chance(step * 17 + block * 3) < 0.5,
  );
}

function trendOf(step: number): number {
  return 0.28 + 0.42 * Math.exp(-step / 140);
}

/** The same number for the same input, 0..1. */
function chance(input: number): number {
  const wave = Math.sin(input * 12.9898 + 4.1) * 43758.5453;
  return wave - Math.floor(wave);
}
