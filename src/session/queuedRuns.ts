import type { RunStatus } from "#run/store/records.ts";
import { type Desk, runsOf } from "./desk.ts";

const queued: RunStatus = "queued";

/** The queued run that was kept first, or null. */
export async function nextQueued(desk: Desk): Promise<string | null> {
  const { runs } = await (await runsOf(desk)).listRuns();
  const held = await desk.env.locks.held();
  const waiting = runs.filter(({ record }) => record.status === queued && !held.has(record.id));
  waiting.sort((a, b) => (a.record.createdAt < b.record.createdAt ? -1 : 1));
  return waiting[0]?.record.id ?? null;
}
