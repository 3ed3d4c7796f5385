import type { RunStatus } from "#run/store/records.ts";
import type { RunReport } from "#session/reports.ts";
import { formatCount, formatPlural } from "../text/format.ts";

export type Tone = "idle" | "busy" | "good" | "warn" | "bad";

export interface StatusWord {
  readonly word: string;
  readonly tone: Tone;
  /** Said where there is room for a sentence. */
  readonly meaning: string;
  /** The GPU is at work: the page keeps the screen awake and guards against closing. */
  readonly isActive: boolean;
  readonly canPause: boolean;
  readonly canResume: boolean;
}

const WORDS: Readonly<Record<RunStatus, StatusWord>> = {
  queued: say("Queued", "idle", "Waiting for its turn. Nothing of it has been trained yet.", ""),
  calibrating: say(
    "Preparing",
    "busy",
    "Compiling GPU programs, scoring the untouched model, timing the first ten steps.",
    "p",
  ),
  running: say("Training", "busy", "Weights are being updated.", "p"),
  evaluating: say("Evaluating", "busy", "Scoring the held-out rows.", "p"),
  saving: say("Saving", "busy", "Writing a checkpoint to this browser's storage.", "p"),
  paused: say("Paused", "idle", "Saved and waiting. Nothing is lost by closing the page.", "r"),
  finished: say("Finished", "good", "All steps are done and the weights are saved.", ""),
  diverged: say(
    "Diverged",
    "bad",
    "The loss rose far above its start, or was no longer a number.",
    "",
  ),
  recovering: say("Recovering", "warn", "The GPU was reset. Rebuilding from the saved steps.", "a"),
  interrupted: say("Interrupted", "warn", "The page or the browser closed before the end.", "r"),
  failed: say("Failed", "bad", "Training could not go on.", "r"),
};

/** How a run's state reads everywhere: one word, one tone, and what may be done about it. */
export function statusWord(status: RunStatus): StatusWord {
  return WORDS[status];
}

/** What remains of a meaning that speaks of everything as saved, where not everything is. */
const MEANINGS_UNSAVED: Readonly<Partial<Record<RunStatus, string>>> = {
  paused: "Waiting.",
  finished: "All steps are done.",
};

/** A run's state in sentences: what only memory holds is never called saved. */
export function statusMeaning(report: RunReport): string {
  const { status } = report.record;
  const { meaning, isActive } = statusWord(status);
  if (isActive || !report.hasUnsaved) return meaning;
  return (
    `${MEANINGS_UNSAVED[status] ?? meaning} Not saved yet: ${unsavedText(report)}. Keep this page ` +
    `open and delete runs you no longer need: once there is room, the page saves by itself.`
  );
}

/** Whether something is lost if the page is closed now: training, or what only memory holds. */
export function losesByClosing(report: RunReport): boolean {
  return report.hasUnsaved || statusWord(report.record.status).isActive;
}

function unsavedText({ record, savedStep }: RunReport): string {
  const count = record.step - savedStep;
  if (count === 0) return "how it was last scored or ended";
  return `${formatPlural(count, "step")}, from step ${formatCount(savedStep + 1)} on`;
}

/** `mode`: p can be paused, r can be resumed, a is active but takes no orders. */
function say(word: string, tone: Tone, meaning: string, mode: "p" | "r" | "a" | ""): StatusWord {
  return {
    word,
    tone,
    meaning,
    isActive: mode === "p" || mode === "a",
    canPause: mode === "p",
    canResume: mode === "r",
  };
}
