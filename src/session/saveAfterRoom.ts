import { DeviceLost } from "#base/errors.ts";
import type { Desk } from "./desk.ts";

/**
 * Saves what storage refused of the open run, now that something was deleted: a run at rest would
 * never write again by itself.
 */
export async function saveAfterRoom(desk: Desk): Promise<void> {
  const { run } = desk;
  if (!run) return;
  await run.saveWaiting();
  // A run that trains saves its weights when it holds.
  if (desk.training !== null || !run.isSnapshotWanted) return;
  await desk.inOrder(async () => {
    if (desk.run !== run || !run.isSnapshotWanted) return;
    try {
      await run.saveWeights();
    } catch (error) {
      // The next command that needs the GPU brings it back, from the journal, which is saved.
      if (!(error instanceof DeviceLost)) throw error;
    }
  });
}
