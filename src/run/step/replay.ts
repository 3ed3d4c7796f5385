import { workDone } from "#gpu/wait.ts";
import { maxTerms } from "#model/buffers.ts";
import { encodeTerms, pendingTerms, type SlottedTerm } from "#model/deltas.ts";
import type { Model } from "#model/model.ts";
import { noProbe } from "#model/products.ts";
import type { RunSettings } from "#zo/commonSettings.ts";
import { keyOf } from "#zo/philox.ts";
import { usesMask } from "#zo/resolveSettings.ts";
import type { JournalStep } from "../store/journal.ts";
import { planAt } from "./plans.ts";

/**
 * Applies journaled steps to the weights: no data, no forward passes, only noise and coefficients.
 * As many steps as fit are applied in one pass over the weights, one after another for each weight,
 * so the bits are those of training.
 *
 * @param steps ascending, the first one right after the weights as they stand
 * @param onProgress called with the steps done
 * @throws DeviceLost
 */
export async function replay(
  model: Model,
  settings: RunSettings,
  steps: readonly JournalStep[],
  onProgress: (done: number) => void = () => {},
): Promise<void> {
  let done = 0;
  while (done < steps.length) {
    const terms: SlottedTerm[] = [];
    const coefficients: number[] = [];
    while (done < steps.length) {
      const step = steps[done]!;
      if (terms.length + step.coefficients.length > maxTerms) break;
      terms.push(...termsOf(model, settings, step, terms.length));
      coefficients.push(...step.coefficients);
      done++;
    }
    cutFor(model, terms.length, () => {
      applyTerms(model, settings, terms, new Float32Array(coefficients));
    });
    await workDone(model.device);
    onProgress(done);
  }
}

/** Submits cut as if every term were a pass of its own, which is what it takes the GPU. */
function cutFor(model: Model, terms: number, act: () => void): void {
  const { dispatchesPerSubmit } = model;
  model.dispatchesPerSubmit = Math.max(1, Math.floor(dispatchesPerSubmit / Math.max(1, terms)));
  act();
  model.dispatchesPerSubmit = dispatchesPerSubmit;
}

function termsOf(
  model: Model,
  settings: RunSettings,
  { step, learningRate, coefficients }: JournalStep,
  firstSlot: number,
): SlottedTerm[] {
  const plan = planAt(settings, model.config.numHiddenLayers, step - 1);
  const decay = learningRate * settings.weightDecay;
  const terms = pendingTerms(plan, decay, firstSlot);
  if (terms.length !== coefficients.length) {
    throw new Error(
      `Step ${step} has ${coefficients.length} coefficients for ${terms.length} terms.`,
    );
  }
  return terms;
}

function applyTerms(
  model: Model,
  settings: RunSettings,
  terms: readonly SlottedTerm[],
  coefficients: Float32Array<ArrayBuffer>,
): void {
  const { device, buffers } = model;
  device.queue.writeBuffer(buffers.terms, 0, encodeTerms(terms));
  device.queue.writeBuffer(buffers.coefficients, 0, coefficients);
  const [seedLow, seedHigh] = keyOf(settings.seed);
  model.setPass({
    ...noProbe,
    seed_low: seedLow,
    seed_high: seedHigh,
    update_count: terms.length,
    mask_by_magnitude: Number(usesMask(settings)),
  });
  model.update({ isProbed: () => false, isUpdated: () => true, sharedBlocks: null });
}
