/** A kernel as the host sees it. Cards are generated from the shaders: `kernels.gen.ts`. */
export interface Card {
  readonly name: string;
  /** Path below `shaders/`. */
  readonly file: string;
  /** The struct at binding 0. */
  readonly params: StructLayout;
  /** Bindings from 1 on, in order. */
  readonly bindings: Readonly<Record<string, Access>>;
  /** The structs of the uniform ones among them. */
  readonly uniforms: Readonly<Record<string, StructLayout>>;
  /** Override constants with their defaults; booleans as 0 and 1. */
  readonly overrides: Readonly<Record<string, number>>;
  /** Optional features the shader enables. */
  readonly features: readonly GPUFeatureName[];
}

export type Access = "uniform" | "read" | "read_write";

/** Fields of a struct of 4-byte scalars, in order. */
export type StructLayout = Readonly<Record<string, "u32" | "f32">>;

/** A value for each field of a struct. */
export type Fields<L extends StructLayout> = { readonly [Name in keyof L]: number };

export type ParamsOf<C extends Card> = Fields<C["params"]>;
export type BuffersOf<C extends Card> = { readonly [Name in keyof C["bindings"]]: GPUBuffer };
export type OverridesOf<C extends Card> = { readonly [Name in keyof C["overrides"]]?: number };

/** Words of a struct. */
export function wordsOf(layout: StructLayout): number {
  return Object.keys(layout).length;
}

/** The word at which each field of a struct lies. */
export function fieldOffsets<L extends StructLayout>(layout: L): Fields<L> {
  const offsets = Object.keys(layout).map((name, i) => [name, i]);
  return Object.fromEntries(offsets) as Fields<L>;
}

/** A struct with 0 in every field. */
export function zeroFields<L extends StructLayout>(layout: L): Fields<L> {
  return Object.fromEntries(Object.keys(layout).map((name) => [name, 0])) as Fields<L>;
}

/**
 * The bytes of a uniform struct, padded to a multiple of 16.
 *
 * @throws Error if the fields are not those of the layout: a mistake in our own code
 */
export function packStruct<L extends StructLayout>(layout: L, fields: Fields<L>): ArrayBuffer {
  const bytes = new ArrayBuffer(Math.ceil((wordsOf(layout) * 4) / 16) * 16);
  writeStruct(new DataView(bytes), layout, fields);
  return bytes;
}

/** Like `packStruct`, into existing memory. */
export function writeStruct<L extends StructLayout>(
  view: DataView,
  layout: L,
  fields: Fields<L>,
): void {
  Object.entries(layout).forEach(([name, type], i) => {
    const value = fields[name];
    if (value === undefined) throw new Error(`The field "${name}" of a uniform struct is missing.`);
    if (type === "u32") view.setUint32(4 * i, value, true);
    else view.setFloat32(4 * i, value, true);
  });
  if (Object.keys(fields).length !== wordsOf(layout)) {
    const [given, known] = [Object.keys(fields), Object.keys(layout)];
    throw new Error(`A uniform struct has the fields ${known}, but was given ${given}.`);
  }
}
