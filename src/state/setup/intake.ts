import type { EngineEvent } from "#session/protocol.ts";

/** Readings reach the screen at most this often; a faster step rate costs memory, not frames. */
const READING_INTERVAL_MS = 100;

export interface Clock {
  setTimeout(action: () => void, ms: number): unknown;
}

/**
 * A listener that gathers the readings of a running training and hands them on ten times a second.
 * Everything else passes at once, after the readings that came before it: order never changes.
 */
export function createIntake(
  apply: (events: readonly EngineEvent[]) => void,
  clock: Clock,
): (event: EngineEvent) => void {
  let held: EngineEvent[] = [];
  let isScheduled = false;
  let lastStatus = "";

  const flush = () => {
    isScheduled = false;
    if (held.length === 0) return;
    const events = held;
    held = [];
    apply(events);
  };

  return (event) => {
    held.push(event);
    const changesStatus = event.type === "run" && event.run.record.status !== lastStatus;
    if (event.type === "run") lastStatus = event.run.record.status;
    if (!isReading(event) || changesStatus) {
      flush();
    } else if (!isScheduled) {
      isScheduled = true;
      clock.setTimeout(flush, READING_INTERVAL_MS);
    }
  };
}

function isReading(event: EngineEvent): boolean {
  return (
    event.type === "steps" ||
    event.type === "run" ||
    event.type === "progress" ||
    event.type === "downloads"
  );
}
