import type { Remedy } from "#base/errors.ts";
import { maxOf } from "#base/maxOf.ts";
import type { WeightDtype } from "#base/storage.ts";
import { type EncodedExample, MAX_NEW_TOKENS } from "#data/tasks/task.ts";
import { type OptConfig, parseConfig } from "#model/config.ts";
import type { Layout } from "#model/layout.ts";
import { parameterCount, parameterTable } from "#model/parameters.ts";
import { publishedConfigs } from "#model/publishedConfigs.ts";
import type { RunSettings } from "#zo/commonSettings.ts";
import { methodOf } from "#zo/resolveSettings.ts";
import { largestBuffer, leastPlan, type MemoryPlan } from "./memoryPlan.ts";
import { layoutOf, planNeeds, type RunNeeds } from "./runNeeds.ts";

/** Something smaller than what was refused, that there is room for. */
export interface Fitting {
  /** As it stands in a list: "batches of 12 rows". */
  readonly words: string;
  /** Weights and all. */
  readonly totalBytes: number;
  /** How to come by it; null where it is another model. */
  readonly remedy: Remedy | null;
}

const asHalves: Remedy = { label: "Store weights as f16", settings: { dtype: "f16" } };
/** Shorter texts than these say nothing. */
const LEAST_TOKENS = 16;

/** What of a model that is too large could be trained in so many bytes: itself as f16, smaller ones. */
export function modelsThatFit(
  config: OptConfig,
  dtype: WeightDtype,
  maxBindingBytes: number,
  grantedBytes: number,
): readonly Fitting[] {
  const least = (of: OptConfig, as: WeightDtype) => leastPlan(of, maxBindingBytes, as).totalBytes;
  const needed = least(config, dtype);
  const fits = ({ totalBytes }: Fitting) => totalBytes <= grantedBytes && totalBytes < needed;
  const own = {
    words: "this one with weights stored as f16",
    remedy: asHalves,
    totalBytes: least(config, "f16"),
  };
  const others = (as: WeightDtype, words: string) =>
    Object.entries(publishedConfigs)
      .map(([id, json]) => [id, least(parseConfig(json), as)] as const)
      .map(([id, totalBytes]) => ({ words: id + words, totalBytes, remedy: null }))
      .filter(fits)
      .reverse();
  const asIs = others(dtype, "");
  const smaller = asIs.length > 0 ? asIs : others("f16", " with weights stored as f16");
  return [...(dtype === "f32" && fits(own) ? [own] : []), ...smaller];
}

/**
 * Which single changes of a run would make it fit into so many bytes; where none would, which two.
 * The largest batch, the longest texts and the largest published model stand for all smaller ones.
 */
export function runsThatFit(needs: RunNeeds, grantedBytes: number): readonly Fitting[] {
  const fits = ({ totalBytes }: MemoryPlan) => totalBytes <= grantedBytes;
  const layout = layoutOf(needs);
  const stores = otherStores(needs).map(({ remedy, words }) => {
    const stored = withRemedy(needs, remedy);
    const at = layoutOf(stored);
    return { stored, at, remedy, words, plan: planNeeds(stored, at) };
  });
  const single = [
    ...stores.filter(({ plan }) => fits(plan)).map(toFitting),
    ...largestBatch(needs, layout, fits),
    ...longestTexts(needs, layout, fits),
    ...largestModel(needs, fits),
  ];
  if (single.length > 0) return single;
  return stores.flatMap(({ stored, at, words, remedy }) =>
    largestBatch(stored, at, fits).map((batch) => ({
      words: `${words} and ${batch.words}`,
      totalBytes: batch.totalBytes,
      remedy: {
        label: `${remedy.label}, ${batch.words}`,
        settings: { ...remedy.settings, ...batch.remedy?.settings },
      },
    })),
  );
}

/** Which shorter texts and which smaller model need no buffer larger than the device can bind. */
export function runsThatBind(needs: RunNeeds): readonly Fitting[] {
  const binds = (plan: MemoryPlan) => largestBuffer(plan).sizeBytes <= needs.maxBindingBytes;
  return [...longestTexts(needs, layoutOf(needs), binds), ...largestModel(needs, binds)];
}

interface Change {
  readonly words: string;
  readonly remedy: Remedy;
}

/** What something smaller would take. */
interface Candidate {
  readonly words: string;
  readonly remedy: Remedy | null;
  readonly plan: MemoryPlan;
}

function toFitting({ words, remedy, plan }: Candidate): Fitting {
  return { words, remedy, totalBytes: plan.totalBytes };
}

/** Changes of settings that store less. */
function otherStores({ settings }: RunNeeds): readonly Change[] {
  if (settings.dtype === "f16") return [];
  const method = methodOf(settings);
  const halves = { ...method.dependentDefaults(asHalves.settings), ...asHalves.settings };
  return [
    { words: "weights stored as f16", remedy: { ...asHalves, settings: halves } },
    ...method.memorySavings(settings).map(({ words, ...remedy }) => ({ words, remedy })),
  ];
}

type Fits = (plan: MemoryPlan) => boolean;

function largestBatch(needs: RunNeeds, layout: Layout, fits: Fits): readonly Fitting[] {
  const of = (batchSize: number) => {
    const words = `batches of ${batchSize === 1 ? "one row" : `${batchSize} rows`}`;
    const remedy = { label: capitalised(words), settings: { batchSize } };
    return { words, remedy, plan: planNeeds(withRemedy(needs, remedy), layout) };
  };
  return largest(1, needs.settings.batchSize, of, fits);
}

function longestTexts(needs: RunNeeds, layout: Layout, fits: Fits): readonly Fitting[] {
  const examples = [...needs.trained, ...needs.evaluated.flat()];
  const options = examples.flatMap((example) => example.options);
  const longest = maxOf(options.map(({ ids }) => ids.length));
  // An option is never cut, and something of the text should be left.
  const least = Math.max(LEAST_TOKENS, 2 * maxOf(options.map((option) => option.optionLength)));
  const of = (maxLength: number) => {
    const words = `texts of at most ${maxLength} tokens`;
    const remedy = { label: capitalised(words), settings: {}, maxLength };
    return { words, remedy, plan: planNeeds(withRemedy(needs, remedy), layout) };
  };
  const kept = roomToWrite(needs);
  return largest(least + kept, longest + kept, of, fits);
}

function largestModel(needs: RunNeeds, fits: Fits): readonly Fitting[] {
  const { numLabels } = needs.config;
  const parameters = parameterCount(parameterTable(needs.config));
  for (const [id, json] of Object.entries(publishedConfigs).reverse()) {
    const config = { ...parseConfig(json), numLabels };
    if (parameterCount(parameterTable(config)) >= parameters) continue;
    const plan = planNeeds({ ...needs, config });
    if (fits(plan)) return [toFitting({ words: `${id} in its place`, remedy: null, plan })];
  }
  return [];
}

/** The largest of `least` … `tooLarge` − 1 that fits, or none. */
function largest(
  least: number,
  tooLarge: number,
  of: (size: number) => Candidate,
  fits: Fits,
): readonly Fitting[] {
  let found: Candidate | null = null;
  let [from, until] = [least, tooLarge];
  while (from < until) {
    const middle = Math.floor((from + until) / 2);
    const candidate = of(middle);
    if (fits(candidate.plan)) [found, from] = [candidate, middle + 1];
    else until = middle;
  }
  return found ? [toFitting(found)] : [];
}

function withRemedy(needs: RunNeeds, { settings, maxLength }: Remedy): RunNeeds {
  const { trained, evaluated } = needs;
  const tokens = (maxLength ?? Number.POSITIVE_INFINITY) - roomToWrite(needs);
  const cutAll = (examples: readonly EncodedExample[]) =>
    maxLength === undefined ? examples : examples.map((example) => cut(example, tokens));
  const all: RunSettings = { ...needs.settings, ...settings };
  return { ...needs, settings: all, trained: cutAll(trained), evaluated: evaluated.map(cutAll) };
}

/** Tokens of a sequence that are kept free where answers are written. */
function roomToWrite({ evaluated }: RunNeeds): number {
  return evaluated.flat().some(({ writing }) => writing !== undefined) ? MAX_NEW_TOKENS : 0;
}

/** An example as it would be encoded with that many tokens: others go, from behind BOS on. */
function cut({ writing, ...example }: EncodedExample, tokens: number): EncodedExample {
  const kept = (ids: readonly number[]) => [...ids.slice(0, 1), ...ids.slice(1).slice(1 - tokens)];
  const options = example.options.map((option) => ({ ...option, ids: kept(option.ids) }));
  const shorter = writing && { ...writing, promptIds: kept(writing.promptIds) };
  return { ...example, options, ...(shorter && { writing: shorter }) };
}

function capitalised(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
