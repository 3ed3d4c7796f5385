import type { Catalogue, RunSummary } from "#session/reports.ts";
import type { SettingValues } from "#zo/settings.ts";
import { parseDraft, type SettingsDraft, suggestName } from "./settingsForm.ts";

/** A run to be put into the queue. */
export interface PlannedRun {
  readonly settings: SettingValues;
  readonly name: string;
}

/** As many seeds as anyone repeats by hand; more would fill the storage with copies of the rows. */
export const MAX_SEEDS = 20;

/**
 * The runs a repetition makes: for every seed each method once, so that stopping early still leaves
 * pairs. Settings that were typed hold for all methods; the rest stand at each method's default.
 */
export function planQueue(
  catalogue: Catalogue,
  draft: SettingsDraft,
  methodIds: readonly string[],
  seedCount: number,
  modelName: string,
): readonly PlannedRun[] {
  const perMethod = methodIds.map((methodId) => parseDraft(catalogue, { ...draft, methodId }));
  return Array.from({ length: seedCount }, (_, repeat) =>
    perMethod.map(({ values }) => {
      const seed = Number(values["seed"] ?? 0) + repeat;
      const settings = { ...values, seed };
      const suggested = suggestName(catalogue, settings, modelName);
      const typed = draft.name.trim();
      const base =
        typed && methodIds.length === 1 ? typed : `${typed ? `${typed}: ` : ""}${suggested}`;
      return { settings, name: seedCount > 1 ? `${base}, seed ${seed}` : base };
    }),
  ).flat();
}

/** The number of seeds as typed; null where it is none that can be queued. */
export function seedCountFrom(text: string): number | null {
  const count = Number(text.trim());
  return Number.isInteger(count) && count >= 1 && count <= MAX_SEEDS ? count : null;
}

/** Errors of any of the methods: a setting typed for one may be out of range for another. */
export function planErrors(
  catalogue: Catalogue,
  draft: SettingsDraft,
  methodIds: readonly string[],
): number {
  return methodIds.reduce(
    (count, methodId) =>
      count + Object.keys(parseDraft(catalogue, { ...draft, methodId }).errors).length,
    0,
  );
}

/** Runs that wait for their turn, the next one first. */
export function queuedRuns(runs: readonly RunSummary[] | null): readonly RunSummary[] {
  return (runs ?? [])
    .filter(({ record }) => record.status === "queued")
    .toSorted((a, b) => a.record.createdAt.localeCompare(b.record.createdAt));
}
