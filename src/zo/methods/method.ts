import { z } from "#base/schema.ts";
import { commonSettings, type RunSettings } from "../commonSettings.ts";
import type { StepContext, StepPlan } from "../plan.ts";
import { describeSettings, type SettingDescription, type SettingValues } from "../settings.ts";

/** What the page shows of a method, as plain data. */
export interface MethodDescription {
  readonly id: string;
  readonly name: string;
  readonly summary: string;
  /** Forward passes of a step, for a reader who compares methods: "2", "4, and 2 over all examples". */
  readonly forwardPasses: string;
  readonly paper: { readonly title: string; readonly url: string };
  /** Full copies of the weights kept beside the model: the least and the most, by settings. */
  readonly weightCopies: { readonly least: number; readonly most: number };
  /** The method's own settings; every method has the common ones as well. */
  readonly settings: readonly SettingDescription[];
}

/** What the engine must provide for a method with given settings. */
export interface MethodTraits {
  /** Fraction of each matrix that is left out because its weights are large, 0 ≤ … < 1. */
  readonly sparsity: number;
  /**
   * The reference weights of probes at "snapshot": kept as the steps since the last anchor or as a second
   * copy of the weights, and retaken by an anchor step every `interval` steps. Null: no such probes.
   */
  readonly snapshot: { readonly kind: "deltas" | "copy"; readonly interval: number } | null;
  /** Training examples that an anchor step evaluates, the first of a shuffled order; 0: all. */
  readonly anchorExamples: number;
  /** Multiple of its running mean magnitude that the projected gradient is clipped to; 0: not clipped. */
  readonly gradientClip: number;
  /** Probes are one-sided, see `Probe.other`. */
  readonly isOneSided: boolean;
  /** The learning rate depends on losses: every epoch waits for the losses of the epochs before it. */
  readonly annealsByEpoch: boolean;
}

/** Fractions of the parameters inside and outside the transformer blocks that a step updates on average. */
export interface ActiveShare {
  readonly blocks: number;
  readonly embeddings: number;
}

export interface MemorySaving {
  /** As part of a sentence: "the snapshot kept as deltas". */
  readonly words: string;
  /** Caption of its button. */
  readonly label: string;
  readonly settings: SettingValues;
}

/** A finished step whose loss was finite. */
export interface StepLoss {
  /** Counts from 0. */
  readonly step: number;
  /** Mean of L⁺ and L⁻. */
  readonly loss: number;
}

/**
 * A zeroth-order method: its settings, what it needs from the engine, and what it does in a step.
 *
 * `defineMethod` makes one; S is the type of its complete settings.
 */
export interface Method<S extends RunSettings = RunSettings> {
  readonly description: MethodDescription;
  /** Names of other programs for this method, in lower case. */
  readonly aliases: readonly string[];
  /** `--trainer` of MeZO's `run.py` for this method; null where that program does not have it. */
  readonly runPyTrainer: string | null;
  /** Settings whose memory needs are listed one by one before a model is loaded. */
  readonly memoryVariants: readonly { readonly name: string; readonly settings: SettingValues }[];
  /** Completes and checks settings. Conflicts between settings are `check`'s. */
  readonly schema: z.ZodType<S>;
  traits(settings: S): MethodTraits;
  activeShare(settings: S, numBlocks: number): ActiveShare;
  /** Defaults that depend on other settings; they take precedence over those of the schema. */
  dependentDefaults(given: Readonly<Record<string, unknown>>): SettingValues;
  /** Changes that need less GPU memory, offered when a run does not fit. */
  memorySavings(settings: S): readonly MemorySaving[];
  /** Rejects settings that conflict with each other. @throws ZerothError E-CFG-3 */
  check(settings: S): void;
  plan(settings: S, context: StepContext): StepPlan;
  /**
   * Factor on the learning rates of the next epoch; 1 at first.
   *
   * @param losses of all earlier steps
   * @param batchesPerEpoch batches that visit every training example once
   */
  annealing(settings: S, losses: readonly StepLoss[], batchesPerEpoch: number): number;
}

type Shape = Readonly<Record<string, z.ZodType>>;
type SettingsOf<Own extends Shape> = RunSettings & Readonly<z.infer<z.ZodObject<Own>>>;

/** A method as its file writes it; what is left out gets MeZO's behaviour. */
export interface MethodDefinition<Own extends Shape>
  extends Omit<MethodDescription, "settings" | "weightCopies">,
    Partial<
      Omit<Method<SettingsOf<Own>>, "description" | "schema" | "traits" | "plan" | "memoryVariants">
    > {
  readonly settings: Own;
  readonly weightCopies?: MethodDescription["weightCopies"];
  readonly memoryVariants?: Method["memoryVariants"];
  traits(settings: SettingsOf<Own>): Partial<MethodTraits>;
  plan(settings: SettingsOf<Own>, context: StepContext): StepPlan;
}

export function defineMethod<const Own extends Shape>(
  definition: MethodDefinition<Own>,
): Method<SettingsOf<Own>> {
  const { id, name, summary, forwardPasses, paper, settings } = definition;
  const weightCopies = definition.weightCopies ?? { least: 0, most: 0 };
  const shape = { method: z.literal(id), ...commonSettings, ...settings };
  return {
    description: {
      id,
      name,
      summary,
      forwardPasses,
      paper,
      weightCopies,
      settings: describeSettings(settings),
    },
    aliases: definition.aliases ?? [],
    runPyTrainer: definition.runPyTrainer ?? null,
    memoryVariants: definition.memoryVariants ?? [{ name, settings: { method: id } }],
    // TypeScript does not see that a spread of two shapes infers to both of their settings.
    schema: z.strictObject(shape) as unknown as z.ZodType<SettingsOf<Own>>,
    traits: (given) => ({
      sparsity: 0,
      snapshot: null,
      anchorExamples: 0,
      gradientClip: 0,
      isOneSided: false,
      annealsByEpoch: false,
      ...definition.traits(given),
    }),
    activeShare: (given, numBlocks) =>
      definition.activeShare?.(given, numBlocks) ?? { blocks: 1, embeddings: 1 },
    dependentDefaults: (given) => definition.dependentDefaults?.(given) ?? {},
    memorySavings: (given) => definition.memorySavings?.(given) ?? [],
    check: (given) => definition.check?.(given),
    plan: (given, context) => definition.plan(given, context),
    annealing: (given, losses, batchesPerEpoch) =>
      definition.annealing?.(given, losses, batchesPerEpoch) ?? 1,
  };
}
