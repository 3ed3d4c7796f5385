import { workDone } from "#gpu/wait.ts";
import { maxTerms } from "#model/buffers.ts";
import { encodeTerms, pendingTerms, type SlottedTerm } from "#model/deltas.ts";
import type { Model } from "#model/model.ts";
import type { RunSettings } from "#zo/commonSettings.ts";
import type { JournalStep } from "../store/journal.ts";
import { passStates } from "./stepPasses.ts";
import { planAt } from "./stepPlans.ts";

/**
 * Applies journaled steps to the weights, without data or forward passes. One pass over the weights
 * applies as many steps as the term buffer holds, one after the other for each weight, so the bits are
 * those of training.
 *
 * @param steps ascending; the first one follows the current weights
 * @param onProgress called with the number of steps done
 * @throws DeviceLost
 */
export async function replay(
  model: Model,
  settings: RunSettings,
  steps: readonly JournalStep[],
  onProgress: (done: number) => void = () => {},
): Promise<void> {
  const passState = passStates(settings);
  let done = 0;
  while (done < steps.length) {
    const terms: SlottedTerm[] = [];
    const coefficients: number[] = [];
    while (done < steps.length) {
      const step = steps[done]!;
      if (terms.length > 0 && terms.length + step.coefficients.length > maxTerms) break;
      terms.push(...termsOf(model, settings, step, terms.length));
      coefficients.push(...step.coefficients);
      done++;
    }
    const { device, buffers } = model;
    device.queue.writeBuffer(buffers.terms, 0, encodeTerms(terms));
    device.queue.writeBuffer(buffers.coefficients, 0, new Float32Array(coefficients));
    model.setPass(passState(null, terms.length, 0));
    // Every term costs the GPU about as much as a pass of its own.
    model.update(
      { isProbed: () => false, isUpdated: () => true, sharedBlocks: null },
      terms.length,
    );
    await workDone(device);
    onProgress(done);
  }
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
