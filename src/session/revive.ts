import { DeviceLost } from "#base/errors.ts";
import { type Desk, deviceOf, progressTo } from "./desk.ts";
import { recover } from "./starting.ts";
import { travelTo } from "./travel.ts";

/**
 * Does what needs the open model, on a GPU that answers: one that was lost since is replaced before,
 * one that is lost meanwhile once after, and then it is done again from its beginning. Training itself
 * never comes here with a loss; it goes on where it was.
 */
export async function onLiveGpu(desk: Desk, action: () => Promise<void>): Promise<void> {
  await putBack(desk);
  try {
    await action();
  } catch (error) {
    if (!(error instanceof DeviceLost)) throw error;
    if (desk.device === desk.model?.device) desk.device = null;
    await putBack(desk);
    await action();
  }
}

/** The open model, and the run on it, on the present GPU with the weights they had. */
async function putBack(desk: Desk): Promise<void> {
  const { model, run } = desk;
  if (!model) return;
  const device = await deviceOf(desk);
  // Its own ground: a run that could not be brought back may stand on a GPU that is gone.
  if ((run?.ground.model ?? model).device === device) return;
  if (run) {
    const { travelledTo } = run;
    await recover(desk, run);
    if (travelledTo !== null && travelledTo < run.steps.length) await travelTo(desk, travelledTo);
  } else {
    const copy = await model.copyOn(device, progressTo(desk));
    copy.record = model.record;
    desk.model = copy;
  }
  const message = "The GPU was reset by the browser or the system. The model is back on it.";
  desk.env.emit({ type: "notice", failure: { code: "E-GPU-6", message }, kind: "recovered" });
}
