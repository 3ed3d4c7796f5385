import type { RowPreview } from "#data/examples/rowPreview.ts";
import type { SplitName } from "#data/examples/splits.ts";
import type { TaskSpec } from "#data/tasks/task.ts";
import type { WritingRequest } from "#run/evaluation/writingRequest.ts";
import type { DataReport, SideReport, WritingReport } from "#session/reports.ts";
import { formatCount, formatRate } from "../text/format.ts";

/** The playground's form, as typed. */
export interface PlaygroundDraft {
  readonly isSampled: boolean;
  readonly temperature: string;
  readonly topK: string;
  readonly topP: string;
  readonly seed: string;
  readonly maxNewTokens: string;
  /** `\n` is a line break. */
  readonly stop: string;
}

/** What can be typed in wrong. */
export type PlaygroundField = Exclude<keyof PlaygroundDraft, "isSampled" | "stop">;

/** As MeZO has answers written: greedily, at most 50 tokens; up to the end of the line for its tasks. */
export function defaultDraft({ kind }: Pick<TaskSpec, "kind">): PlaygroundDraft {
  return {
    isSampled: false,
    temperature: "0.8",
    topK: "0",
    topP: "0.95",
    seed: "0",
    maxNewTokens: "50",
    stop: kind === "generation" ? "\\n" : "",
  };
}

/** Where a row to begin with is taken from: one the model was not trained on, where there is one. */
export function partToShow({ partRows }: Pick<DataReport, "partRows">): SplitName | null {
  const parts = ["dev", "train"] as const;
  return parts.find((part) => partRows[part] > 0) ?? null;
}

/** The prompt of a row as the model reads it, without the beginning token; "" before one is known. */
export function suggestedPrompt(preview: RowPreview | null): string {
  const tokens = preview?.options[0]?.tokens ?? [];
  return tokens
    .filter(({ role }) => role === "prompt")
    .map(({ text }) => text)
    .join("");
}

interface FieldRange {
  readonly isFine: (value: number) => boolean;
  readonly hint: string;
}

const RANGES: Readonly<Record<PlaygroundField, FieldRange>> = {
  temperature: { isFine: (value) => value > 0, hint: "A number above 0." },
  topK: { isFine: isCount, hint: "A whole number; 0 draws from all tokens." },
  topP: { isFine: (value) => value > 0 && value <= 1, hint: "Above 0, at most 1." },
  seed: { isFine: isCount, hint: "A whole number from 0." },
  maxNewTokens: {
    isFine: (value) => isCount(value) && value >= 1,
    hint: "A whole number from 1.",
  },
};

export type PlaygroundErrors = Readonly<Partial<Record<PlaygroundField, string>>>;

/** What is wrong with the fields in use, by field. */
export function draftErrors(draft: PlaygroundDraft): PlaygroundErrors {
  const used = draft.isSampled ? SAMPLED_FIELDS : GREEDY_FIELDS;
  const wrong = used.filter((field) => {
    const text = draft[field].trim();
    return text === "" || !RANGES[field].isFine(Number(text));
  });
  return Object.fromEntries(wrong.map((field) => [field, RANGES[field].hint]));
}

const GREEDY_FIELDS: readonly PlaygroundField[] = ["maxNewTokens"];
const SAMPLED_FIELDS: readonly PlaygroundField[] = [
  ...(["temperature", "topP", "topK", "seed", "maxNewTokens"] as const),
];

/** The fields that matter for a way of writing, in the order they are shown. */
export function fieldsOf({ isSampled }: PlaygroundDraft): readonly PlaygroundField[] {
  return isSampled ? SAMPLED_FIELDS : GREEDY_FIELDS;
}

export const FIELD_NAMES: Readonly<Record<PlaygroundField, string>> = {
  temperature: "Temperature",
  topP: "Top-p",
  topK: "Top-k",
  seed: "Seed",
  maxNewTokens: "Most new tokens",
};

/** What to ask of the engine; null while something typed is wrong. */
export function requestFrom(prompt: string, draft: PlaygroundDraft): WritingRequest | null {
  if (Object.keys(draftErrors(draft)).length > 0) return null;
  const { isSampled, temperature, topK, topP, seed, maxNewTokens, stop } = draft;
  return {
    prompt,
    sampling: isSampled
      ? {
          kind: "sampled",
          temperature: Number(temperature),
          topK: Number(topK),
          topP: Number(topP),
        }
      : { kind: "greedy" },
    seed: isSampled ? Number(seed) : 0,
    maxNewTokens: Number(maxNewTokens),
    stops: stop === "" ? [] : [stop.replaceAll("\\n", "\n")],
  };
}

const ENDINGS: Readonly<Record<NonNullable<SideReport["ending"]>, string>> = {
  "end token": "ended by itself",
  "stop text": "reached the stop text",
  length: "reached the most new tokens",
  cancelled: "stopped",
};

/** "14 tokens · 37.2 tokens/s · ended by itself". */
export function sideFacts({ tokens, tokensPerSecond, ending, cutTokens }: SideReport): string {
  const parts = [`${formatCount(tokens)} ${tokens === 1 ? "token" : "tokens"}`];
  if (tokensPerSecond !== null) parts.push(`${formatRate(tokensPerSecond)} tokens/s`);
  if (ending !== null) parts.push(ENDINGS[ending]);
  if (cutTokens > 0) parts.push(`the prompt lost its first ${formatCount(cutTokens)} tokens`);
  return parts.join(" · ");
}

/** What is going on, in a few words for those who cannot see the text grow. */
export function writingStatus(writing: WritingReport | null, isBusy: boolean): string {
  if (!writing) return isBusy ? "Getting ready to write." : "";
  const { before, after } = writing;
  if (isBusy && after?.ending === null) return "The tuned model is writing.";
  if (isBusy && before?.ending === null) return "The model before training is writing.";
  if (isBusy) return "Changing the weights.";
  const isCut = [before, after].some((side) => side?.ending === "cancelled");
  return isCut ? "Stopped." : "Done.";
}

function isCount(value: number): boolean {
  return Number.isSafeInteger(value) && value >= 0;
}
