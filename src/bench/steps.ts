import type { Stepper } from "#run/step/stepper.ts";

/** Hands the next step over, an anchor or any other. */
export async function handNext(stepper: Stepper): Promise<void> {
  if (!stepper.isNextLong) return stepper.enqueue();
  await stepper.enqueueLong({ onPart: () => {}, isPauseWanted: () => false });
}

/**
 * Runs what comes before the next plain step: anchors, which are another kind of step, and steps that
 * are timed by themselves, which are cut into many passes.
 */
export async function toPlainStep(stepper: Stepper): Promise<void> {
  while (stepper.isNextLong || stepper.isNextTimed) {
    await handNext(stepper);
    await stepper.collect();
  }
}
