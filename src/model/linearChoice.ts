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
 * Kinds of matrix products that may each have a kernel of their own: by how many rows of x there are,
 * and by what is multiplied. `head` is all that runs over scored positions.
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
] as const satisfies readonly `${RowClass}.${Part}`[];

export type LinearClass = (typeof linearClasses)[number];
type RowClass = keyof typeof mostRows | "many";
type Part = "narrow" | "wide" | "head";

/** A class of products that read θ itself, stored as halves. */
export type HalfClass = `${LinearClass}.halves`;

/**
 * The kernel of each class. One named for halves reads them as they lie, where nothing is perturbed;
 * without one they are widened to f32 first.
 */
export type LinearChoice = Readonly<Record<LinearClass, LinearCard>> &
  Readonly<Partial<Record<HalfClass, LinearCard>>>;

/** Rows up to which a product counts as one of few or of some. */
export const mostRows = { few: 32, some: 256 } as const;
/** Columns of y up to which a product is narrow: 4096 outputs a row are work enough for any GPU. */
const NARROW_COLUMNS = 1024;

/** @param rows of x in one dispatch */
export function linearClassOf(rows: number, columns: number, overScored: boolean): LinearClass {
  const rowClass = rows <= mostRows.few ? "few" : rows <= mostRows.some ? "some" : "many";
  if (overScored) return `${rowClass}.head`;
  return columns <= NARROW_COLUMNS ? `${rowClass}.narrow` : `${rowClass}.wide`;
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

/** What is chosen for halves, class by class; nothing where none is. */
export function halvesChoice(
  choose: (name: LinearClass) => LinearCard | undefined,
): Readonly<Partial<Record<HalfClass, LinearCard>>> {
  const chosen = linearClasses.map((name) => [`${name}.halves`, choose(name)] as const);
  return Object.fromEntries(chosen.filter(([, card]) => card !== undefined));
}

/** One kernel for everything. */
export function onlyKernel(card: LinearCard): LinearChoice {
  return eachClass(() => card);
}

/** What a kernel asks of an adapter and a model. */
export interface LinearGround {
  readonly features: ReadonlySet<string>;
  readonly config: Pick<OptConfig, "hiddenSize" | "ffnDim" | "wordEmbedProjDim">;
}

/** True where the device has what the kernel needs, and every width of the model suits it. */
export function canRun(card: LinearCard, { features, config }: LinearGround): boolean {
  const widths = [config.hiddenSize, config.ffnDim, config.wordEmbedProjDim];
  return (
    (card.features ?? []).every((feature) => features.has(feature)) &&
    widths.every((width) => width % card.innerMultiple === 0)
  );
}

/**
 * A choice as far as it can run on this ground: elsewhere the kernel that runs everywhere takes the
 * place of one over f32s, and halves are widened.
 *
 * @returns `lost` are the kernels that cannot run, by name
 */
export function runnableChoice(
  choice: LinearChoice,
  ground: LinearGround,
): { readonly choice: LinearChoice; readonly lost: readonly string[] } {
  const isLost = (card: LinearCard) => !canRun(card, ground);
  const overFloats = eachClass((name) => (isLost(choice[name]) ? linearShared : choice[name]));
  const overHalves = halvesChoice((name) => {
    const card = choice[`${name}.halves`];
    return card && isLost(card) ? undefined : card;
  });
  const lost = new Set(Object.values<LinearCard>(choice).filter(isLost));
  return { choice: { ...overFloats, ...overHalves }, lost: [...lost].map(({ name }) => name) };
}

/** What a choice without measurements goes by. */
export type AdapterKind = Pick<AdapterFacts, "isSoftware" | "isSwiftShader" | "hasSubgroups">;

/**
 * The choice where nothing is measured. On software adapters it is the choice, so that the same
 * settings give the same weights: times on a shared processor tell little.
 *
 * Software wants register tiles: lavapipe tall ones where rows fill them (`npm run bench -- gemm` has
 * the figures); on SwiftShader 8 x 4 take a fifth less time than 16 x 4 at 64, 256 and 768 wide and 128
 * to 256 tokens per sign, and half the time to compile. GPUs want workgroup memory: they have it for real.
 *
 * Halves are read as they lie by the same tiles, to the same bits. An evaluation over f16, its time
 * divided by that of widening first, at 14, 64 and 512 tokens (`npm run bench -- packed`, lavapipe, 768
 * wide, by the driver's processor time): 8 x 4 0.50, 0.70, 0.81, 16 x 4 0.53, 0.68, 0.75, workgroup
 * memory 10, 4.5, 3.9. On a GPU nothing tells before it is measured, so there they are widened till then.
 */
export function usualChoice(
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

/** The distinct kernels of a choice that run over f32s. */
export function cardsOf(choice: LinearChoice): readonly LinearCard[] {
  return [...new Set(linearClasses.map((name) => choice[name]))];
}

/** The kernels chosen for halves, where halves are stored and can be read so: elsewhere they are widened. */
export function packedCards(
  choice: LinearChoice,
  dtype: WeightDtype,
  ground: LinearGround,
): ReadonlyMap<LinearClass, LinearCard> {
  if (dtype !== "f16") return new Map();
  return new Map(
    linearClasses.flatMap((name) => {
      const card = choice[`${name}.halves`];
      return card && canRun(card, ground) ? [[name, card] as const] : [];
    }),
  );
}

/** A choice as a run's record keeps it: one entry where one kernel does everything over f32s. */
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
 * The choice a run was started with, or null if its record has none. A class it does not name, and a
 * kernel that is gone, fall back to `linear`, then to the kernel that runs everywhere. Halves it names
 * none for are widened, as all were before there were kernels for them.
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
