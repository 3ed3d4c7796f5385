import type { WeightDtype } from "#base/dtype.ts";
import type { Remedy } from "#base/errors.ts";
import { maxOf } from "#base/maxOf.ts";
import { type EncodedExample, MAX_NEW_TOKENS } from "#data/tasks/task.ts";
import { type OptConfig, parseConfig } from "#model/config.ts";
import type { Layout } from "#model/layout.ts";
import { parameterCount, parameterTable } from "#model/parameters.ts";
import { publishedConfigs } from "#model/publishedConfigs.ts";
import type { RunSettings } from "#zo/commonSettings.ts";
import { methodOf } from "#zo/resolveSettings.ts";
import {
  largestBuffer,
  layoutOf,
  type MemoryPlan,
  type PlannedRun,
  planRun,
  planSmallestRun,
} from "./memoryPlan.ts";

/** Something that fits where a rejected model or run does not. */
export interface Alternative {
  /** Its name in a list: "batches of 12 examples". */
  readonly name: string;
  /** With the weights. */
  readonly totalBytes: number;
  /** The settings that lead to it; null for another model. */
  readonly remedy: Remedy | null;
}

const f16: Remedy = { label: "Store weights as f16", settings: { dtype: "f16" } };
/** Texts cut to fewer tokens are of no use. */
const MIN_TOKENS = 16;

/** Models that can be trained in `grantedBytes`, other than this one: itself as f16, and smaller ones. */
export function modelsThatFit(
  config: OptConfig,
  dtype: WeightDtype,
  maxBindingBytes: number,
  grantedBytes: number,
): readonly Alternative[] {
  const least = (of: OptConfig, as: WeightDtype) =>
    planSmallestRun(of, maxBindingBytes, as).totalBytes;
  const needed = least(config, dtype);
  const fits = ({ totalBytes }: Alternative) => totalBytes <= grantedBytes && totalBytes < needed;
  const own = {
    name: "this one with weights stored as f16",
    remedy: f16,
    totalBytes: least(config, "f16"),
  };
  const others = (as: WeightDtype, suffix: string) =>
    Object.entries(publishedConfigs)
      .map(([id, json]) => [id, least(parseConfig(json), as)] as const)
      .map(([id, totalBytes]) => ({ name: id + suffix, totalBytes, remedy: null }))
      .filter(fits)
      .reverse();
  const sameDtype = others(dtype, "");
  const smaller = sameDtype.length > 0 ? sameDtype : others("f16", " with weights stored as f16");
  return [...(dtype === "f32" && fits(own) ? [own] : []), ...smaller];
}

/**
 * Changes to a run that make it fit into `grantedBytes`: single changes, or pairs if no single one
 * does. Of batch sizes, text lengths and published models, only the largest that fits is listed.
 */
export function runsThatFit(run: PlannedRun, grantedBytes: number): readonly Alternative[] {
  const fits = ({ totalBytes }: MemoryPlan) => totalBytes <= grantedBytes;
  const layout = layoutOf(run);
  const stored = storageChanges(run).map(({ name, remedy }) => {
    const changed = withRemedy(run, remedy);
    const changedLayout = layoutOf(changed);
    return { name, remedy, changed, changedLayout, plan: planRun(changed, changedLayout) };
  });
  const single = [
    ...stored.filter(({ plan }) => fits(plan)).map(toAlternative),
    ...largestBatch(run, layout, fits),
    ...longestTexts(run, layout, fits),
    ...largestModel(run, fits),
  ];
  if (single.length > 0) return single;
  return stored.flatMap(({ name, remedy, changed, changedLayout }) =>
    largestBatch(changed, changedLayout, fits).map((batch) => ({
      name: `${name} and ${batch.name}`,
      totalBytes: batch.totalBytes,
      remedy: {
        label: `${remedy.label}, ${batch.name}`,
        settings: { ...remedy.settings, ...batch.remedy?.settings },
      },
    })),
  );
}

/** The longest texts, and the largest model, that need no buffer larger than the device can bind. */
export function runsThatBind(run: PlannedRun): readonly Alternative[] {
  const binds = (plan: MemoryPlan) => largestBuffer(plan).sizeBytes <= run.maxBindingBytes;
  return [...longestTexts(run, layoutOf(run), binds), ...largestModel(run, binds)];
}

interface Candidate {
  readonly name: string;
  readonly remedy: Remedy | null;
  readonly plan: MemoryPlan;
}

function toAlternative({ name, remedy, plan }: Candidate): Alternative {
  return { name, remedy, totalBytes: plan.totalBytes };
}

/** Changes that store the weights, or what the method keeps beside them, in fewer bytes. */
function storageChanges({ settings }: PlannedRun) {
  if (settings.dtype === "f16") return [];
  const method = methodOf(settings);
  const halves = { ...method.dependentDefaults(f16.settings), ...f16.settings };
  return [
    { name: "weights stored as f16", remedy: { ...f16, settings: halves } },
    ...method.memorySavings(settings).map(({ words: name, ...remedy }) => ({ name, remedy })),
  ];
}

type Fits = (plan: MemoryPlan) => boolean;

function largestBatch(run: PlannedRun, layout: Layout, fits: Fits): readonly Alternative[] {
  const candidateOf = (batchSize: number) => {
    const name = `batches of ${batchSize === 1 ? "one example" : `${batchSize} examples`}`;
    const remedy = { label: capitalized(name), settings: { batchSize } };
    return { name, remedy, plan: planRun(withRemedy(run, remedy), layout) };
  };
  return largest(1, run.settings.batchSize, candidateOf, fits);
}

function longestTexts(run: PlannedRun, layout: Layout, fits: Fits): readonly Alternative[] {
  const examples = [...run.trained, ...run.evaluated.flat()];
  const options = examples.flatMap((example) => example.options);
  const longest = maxOf(options.map(({ ids }) => ids.length));
  // Options are never cut, and some of the text has to remain.
  const shortest = Math.max(MIN_TOKENS, 2 * maxOf(options.map((option) => option.optionLength)));
  const candidateOf = (maxLength: number) => {
    const name = `texts of at most ${maxLength} tokens`;
    const remedy = { label: capitalized(name), settings: {}, maxLength };
    return { name, remedy, plan: planRun(withRemedy(run, remedy), layout) };
  };
  const reserved = reservedTokens(run);
  return largest(shortest + reserved, longest + reserved, candidateOf, fits);
}

function largestModel(run: PlannedRun, fits: Fits): readonly Alternative[] {
  const { numLabels } = run.config;
  const parameters = parameterCount(parameterTable(run.config));
  for (const [id, json] of Object.entries(publishedConfigs).reverse()) {
    const config = { ...parseConfig(json), numLabels };
    if (parameterCount(parameterTable(config)) >= parameters) continue;
    const plan = planRun({ ...run, config });
    if (fits(plan)) return [toAlternative({ name: `${id} in its place`, remedy: null, plan })];
  }
  return [];
}

/** Returns the largest size in least … tooLarge − 1 whose plan fits, or nothing. */
function largest(
  least: number,
  tooLarge: number,
  candidateOf: (size: number) => Candidate,
  fits: Fits,
): readonly Alternative[] {
  let found: Candidate | null = null;
  let [from, until] = [least, tooLarge];
  while (from < until) {
    const middle = Math.floor((from + until) / 2);
    const candidate = candidateOf(middle);
    if (fits(candidate.plan)) [found, from] = [candidate, middle + 1];
    else until = middle;
  }
  return found ? [toAlternative(found)] : [];
}

function withRemedy(run: PlannedRun, { settings: changes, maxLength }: Remedy): PlannedRun {
  const settings: RunSettings = { ...run.settings, ...changes };
  if (maxLength === undefined) return { ...run, settings };
  const tokens = maxLength - reservedTokens(run);
  const cutAll = (examples: readonly EncodedExample[]) =>
    examples.map((example) => cut(example, tokens));
  return {
    ...run,
    settings,
    trained: cutAll(run.trained),
    evaluated: run.evaluated.map(cutAll),
  };
}

/** Tokens of a sequence that are kept free for generated text. */
function reservedTokens({ evaluated }: PlannedRun): number {
  return evaluated.flat().some(({ writing }) => writing !== undefined) ? MAX_NEW_TOKENS : 0;
}

/** The example as encoded with at most that many tokens: the first ones after BOS are dropped. */
function cut({ writing, ...example }: EncodedExample, tokens: number): EncodedExample {
  const kept = (ids: readonly number[]) => [...ids.slice(0, 1), ...ids.slice(1).slice(1 - tokens)];
  const options = example.options.map((option) => ({ ...option, ids: kept(option.ids) }));
  const shorter = writing && { ...writing, promptIds: kept(writing.promptIds) };
  return { ...example, options, ...(shorter && { writing: shorter }) };
}

function capitalized(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
