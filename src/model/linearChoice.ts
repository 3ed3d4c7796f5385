import type { WeightDtype } from "#base/dtype.ts";
import type { AdapterFacts } from "#gpu/device.ts";
import type { OptConfig } from "./config.ts";
import {
  halfLinearCards,
  type LinearCard,
  linearCards,
  linearQuad,
  linearQuadPacked,
  linearQuadTall,
  linearQuadTallPacked,
  linearShared,
} from "./linearKernels.ts";

/**
 * Classes of matrix products, each of which may have its own kernel: by the number of rows of x, and by
 * the number of columns of y. `head` is everything that runs over scored positions.
 */
export const linearClasses = [
  "few.narrow",
  "few.wide",
  "few.head",
  "some.narrow",
  "some.wide",
  "some.head",
  "many.narrow",
  "many.wide",
  "many.head",
] as const satisfies readonly `${keyof typeof maxRows | "many"}.${"narrow" | "wide" | "head"}`[];

export type LinearClass = (typeof linearClasses)[number];

/** A class of products that read θ directly, stored as halves. */
export type HalfClass = `${LinearClass}.halves`;

/**
 * The kernel of each class. Those for halves read θ directly where nothing is perturbed; a class without
 * one widens halves to f32 first.
 */
export type LinearChoice = Readonly<Record<LinearClass, LinearCard>> &
  Readonly<Partial<Record<HalfClass, LinearCard>>>;

/** The largest number of rows of a product with few rows, and of one with some. */
export const maxRows = { few: 32, some: 256 } as const;
/** The largest number of columns of a narrow product: 4096 outputs per row are enough work for any GPU. */
const MAX_NARROW_COLUMNS = 1024;

/** @param rows of x in one dispatch */
export function linearClassOf(rows: number, columns: number, overScored: boolean): LinearClass {
  const size = rows <= maxRows.few ? "few" : rows <= maxRows.some ? "some" : "many";
  if (overScored) return `${size}.head`;
  return columns <= MAX_NARROW_COLUMNS ? `${size}.narrow` : `${size}.wide`;
}

export function eachClass<T>(choose: (name: LinearClass) => T): Readonly<Record<LinearClass, T>> {
  return {
    "few.narrow": choose("few.narrow"),
    "few.wide": choose("few.wide"),
    "few.head": choose("few.head"),
    "some.narrow": choose("some.narrow"),
    "some.wide": choose("some.wide"),
    "some.head": choose("some.head"),
    "many.narrow": choose("many.narrow"),
    "many.wide": choose("many.wide"),
    "many.head": choose("many.head"),
  };
}

/** The kernels for halves of the classes that have one. */
export function halvesChoice(
  choose: (name: LinearClass) => LinearCard | undefined,
): Readonly<Partial<Record<HalfClass, LinearCard>>> {
  const chosen = linearClasses.map((name) => [`${name}.halves`, choose(name)] as const);
  return Object.fromEntries(chosen.filter(([, card]) => card !== undefined));
}

/** One kernel for every class. */
export function onlyKernel(card: LinearCard): LinearChoice {
  return eachClass(() => card);
}

/** What decides whether a kernel can run. */
export interface LinearSupport {
  /** Of the device. */
  readonly features: ReadonlySet<string>;
  readonly config: Pick<OptConfig, "hiddenSize" | "ffnDim" | "wordEmbedProjDim">;
}

/** Whether the device has the features that a kernel needs, and the kernel suits every width of the model. */
export function canRun(card: LinearCard, { features, config }: LinearSupport): boolean {
  const widths = [config.hiddenSize, config.ffnDim, config.wordEmbedProjDim];
  return (
    card.features.every((feature) => features.has(feature)) &&
    widths.every((width) => width % card.innerMultiple === 0)
  );
}

/**
 * A choice with the kernels replaced that cannot run: `linear_shared` takes the place of those over f32,
 * and halves are widened.
 *
 * @returns `lost` has the names of the replaced kernels
 */
export function runnableChoice(
  choice: LinearChoice,
  support: LinearSupport,
): { readonly choice: LinearChoice; readonly lost: readonly string[] } {
  const isLost = (card: LinearCard) => !canRun(card, support);
  const overFloats = eachClass((name) => (isLost(choice[name]) ? linearShared : choice[name]));
  const overHalves = halvesChoice((name) => {
    const card = choice[`${name}.halves`];
    return card && isLost(card) ? undefined : card;
  });
  const lost = new Set(Object.values<LinearCard>(choice).filter(isLost));
  return { choice: { ...overFloats, ...overHalves }, lost: [...lost].map(({ name }) => name) };
}

/** What the default choice depends on. */
export type AdapterKind = Pick<AdapterFacts, "isSoftware" | "isSwiftShader" | "hasSubgroups">;

/**
 * The choice before any measurement. Software adapters always use it, so that the same settings give the
 * same weights; times on a shared processor tell little.
 *
 * Software adapters are fastest with register tiles: lavapipe with tall ones if there are rows to fill
 * them, SwiftShader with low ones. GPUs get tiles in workgroup memory, and widened halves until other
 * kernels are measured. Figures: docs/kernels.md#matrix-products
 */
export function defaultChoice(
  { isSoftware, isSwiftShader, hasSubgroups }: AdapterKind,
  dtype: WeightDtype = "f32",
): LinearChoice {
  if (!isSoftware || !hasSubgroups) return onlyKernel(linearShared);
  const isLow = (name: LinearClass) => isSwiftShader || name.startsWith("few.");
  const choice = eachClass((name) => (isLow(name) ? linearQuad : linearQuadTall));
  if (dtype === "f32") return choice;
  return {
    ...choice,
    ...halvesChoice((name) => (isLow(name) ? linearQuadPacked : linearQuadTallPacked)),
  };
}

/** The distinct kernels of a choice that run over f32. */
export function cardsOf(choice: LinearChoice): readonly LinearCard[] {
  return [...new Set(linearClasses.map((name) => choice[name]))];
}

/** The kernels of a choice that read halves directly and can run; none if f32 is stored. */
export function packedCards(
  choice: LinearChoice,
  dtype: WeightDtype,
  support: LinearSupport,
): ReadonlyMap<LinearClass, LinearCard> {
  if (dtype !== "f16") return new Map();
  return new Map(
    linearClasses.flatMap((name) => {
      const card = choice[`${name}.halves`];
      return card && canRun(card, support) ? [[name, card] as const] : [];
    }),
  );
}

/** A choice as a run records it: a single entry if one kernel runs everything over f32. */
export function toKernelRecord(choice: LinearChoice): Readonly<Record<string, string>> {
  const [only, ...others] = cardsOf(choice);
  const overHalves = linearClasses.flatMap((name) => {
    const card = choice[`${name}.halves`];
    return card ? [[`linear.${name}.halves`, card.name]] : [];
  });
  const overFloats =
    only && others.length === 0
      ? [["linear", only.name]]
      : linearClasses.map((name) => [`linear.${name}`, choice[name].name]);
  return Object.fromEntries([...overFloats, ...overHalves]);
}

/**
 * The choice that a run recorded, or null if it recorded none. Classes and kernels that are unknown fall
 * back to `linear`, then to `linear_shared`. Halves without a recorded kernel are widened, as in runs from
 * before there were such kernels.
 */
export function fromKernelRecord(kernels: Readonly<Record<string, string>>): LinearChoice | null {
  if (!Object.keys(kernels).some((key) => key === "linear" || key.startsWith("linear.")))
    return null;
  const named = (name: string | undefined) => linearCards.find((card) => card.name === name);
  const overFloats = eachClass((name) => {
    return named(kernels[`linear.${name}`]) ?? named(kernels["linear"]) ?? linearShared;
  });
  const overHalves = halvesChoice((name) => {
    return halfLinearCards.find((card) => card.name === kernels[`linear.${name}.halves`]);
  });
  return { ...overFloats, ...overHalves };
}
