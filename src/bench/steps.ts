import type { Stepper } from "#run/step/stepper.ts";

/**
 * Runs what comes before the next plain step: anchors, which are another kind of step, and steps that
 * are timed by themselves, which are cut into many passes.
 */
export async function toPlainStep(stepper: Stepper): Promise<void> {
  while (stepper.isNextLong || stepper.isNextTimed) {
    await stepper.enqueueNext();
    await stepper.collect();
  }
}
