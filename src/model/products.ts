import type { Storage } from "#base/dtype.ts";
import { type BoundKernel, type BoundKernels, dispatch } from "#gpu/boundKernels.ts";
import { zeroFields } from "#gpu/card.ts";
import type { Commands } from "#gpu/commands.ts";
import type { Kernel } from "#gpu/kernel.ts";
import { constants, PassState } from "#gpu/kernels.gen.ts";
import type { Buffers } from "./buffers.ts";
import { kernelFor, type ModelKernels } from "./compile.ts";
import type { Layout, Matrix, Shard, Tile } from "./layout.ts";
import { linearClassOf } from "./linearChoice.ts";
import type { LinearCard } from "./linearKernels.ts";
import type { Weights } from "./weights.ts";

/** Sizes of the packed batch of a pass. */
export interface Shape {
  readonly tokens: number;
  readonly scored: number;
  /** 2 for a probe, 1 for an evaluation. */
  readonly signs: 1 | 2;
}

/** Which matrices a pass perturbs, and which have a pending update. */
export interface PassPlan {
  isProbed(matrix: Matrix): boolean;
  isUpdated(matrix: Matrix): boolean;
  /** Number of leading blocks without a perturbed weight, computed once for both signs; null if the input is perturbed. */
  readonly sharedBlocks: number | null;
}

/** Terms that a pass applies: at most one update and no offset, as in most steps, or any. */
export type TermsKind = "one" | "any";

/** A pass as it is recorded. */
export interface Pass extends PassPlan {
  readonly terms: TermsKind;
}

/** A matrix product of the forward pass. */
export interface Linear {
  readonly matrix: Matrix;
  readonly x: GPUBuffer;
  readonly y: GPUBuffer;
  /** Name of the bias, the first of a stack. */
  readonly bias?: string;
  readonly relu?: boolean;
  readonly accumulates?: boolean;
  readonly overScored?: boolean;
}

export type LinearKernel = Kernel<LinearCard>;

/** The uniform of a pass that perturbs nothing and applies nothing. */
export const noProbe: PassState = zeroFields(PassState);

/** A pass that neither perturbs nor updates: an evaluation. */
export const evaluationPass: PassPlan = {
  isProbed: () => false,
  isUpdated: () => false,
  sharedBlocks: null,
};

const { WRITE_PROBED, WRITE_WIDENED } = constants;

/** Where a product reads its weights: W+ and W-, theta widened to f32 in the scratch of W+, or theta. */
type Source = "probed" | "widened" | "theta";

interface TileKernels {
  /** By `writes_probe`. The pass over one term has the same bind group as that over any. */
  readonly passes: BoundKernel[];
  /** A matrix has the same x and y at every use. */
  readonly products: Partial<Record<Source, BoundKernel>>;
}

/** Records weight passes and the matrix products that read what they write. */
export class Products {
  readonly #layout: Layout;
  readonly #weights: Weights;
  readonly #buffers: Buffers;
  readonly #kernels: ModelKernels;
  readonly #bound: BoundKernels;
  /** By tile, because a step looks up hundreds. */
  readonly #byTile = new Map<Tile, TileKernels>();

  constructor(parts: {
    layout: Layout;
    weights: Weights;
    buffers: Buffers;
    kernels: ModelKernels;
    bound: BoundKernels;
  }) {
    this.#layout = parts.layout;
    this.#weights = parts.weights;
    this.#buffers = parts.buffers;
    this.#kernels = parts.kernels;
    this.#bound = parts.bound;
  }

  /** The weight pass of all 1-D parameters. */
  vectors(pass: Commands, { terms }: Pass, writesProbe: number): void {
    const { chunks, storage, elements } = this.#layout.vectors;
    const b = this.#buffers;
    const kernel = this.#weightPass(terms, storage);
    const bound = this.#bound.get(`vectors ${writesProbe}`, kernel, () => ({
      params: { first_chunk: chunks.first, writes_probe: writesProbe, stride: elements },
      buffers: {
        ...this.deltaBuffers(),
        chunks: b.chunks,
        theta: this.#weights.vectors,
        probe: b.probeVectors,
      },
    }));
    dispatch(pass, { kernel, group: bound.group }, chunks.count);
  }

  /** The weight pass of a tile: applies pending terms, then writes W+ and W- as `writesProbe` says. */
  weightPass(
    pass: Commands,
    { terms }: Pass,
    matrix: Matrix,
    shard: Shard,
    tile: Tile,
    writesProbe: number,
  ): void {
    const b = this.#buffers;
    const { passes } = this.#boundFor(tile);
    const kernel = this.#weightPass(terms, matrix.storage);
    passes[writesProbe] ??= this.#bound.bind(
      kernel,
      {
        first_chunk: tile.chunks.first,
        writes_probe: writesProbe,
        stride: this.#layout.scratchElements,
      },
      {
        ...this.deltaBuffers(),
        chunks: b.chunks,
        theta: this.#weights.shard(shard),
        probe: b.probe,
      },
    );
    dispatch(pass, { kernel, group: passes[writesProbe].group }, tile.chunks.count);
  }

  #weightPass(terms: TermsKind, storage: Storage) {
    const { weightPass, oneTermPass } = this.#kernels;
    return kernelFor(terms === "one" ? oneTermPass : weightPass, storage);
  }

  #boundFor(tile: Tile): TileKernels {
    const known = this.#byTile.get(tile);
    if (known) return known;
    const bound: TileKernels = { passes: [], products: {} };
    this.#byTile.set(tile, bound);
    return bound;
  }

  deltaBuffers() {
    const { pass: state, terms, coefficients, thresholds } = this.#buffers;
    return { state, terms, coefficients, thresholds };
  }

  /** y = x Wᵀ: the weight pass of each shard, then its product. */
  linear(pass: Commands, shape: Shape, plan: Pass, linear: Linear): void {
    const { matrix } = linear;
    for (const shard of matrix.shards) {
      const tile = shard.tiles[0]!;
      this.tile(pass, shape, plan, linear, shard, tile, matrix.rows, shard.firstRow);
    }
  }

  /**
   * The product of a tile for both signs, in one dispatch, and before it the weight pass it needs: for
   * pending updates, for W+ and W- of a perturbed matrix, or to widen halves that no kernel reads directly.
   */
  tile(
    pass: Commands,
    shape: Shape,
    plan: Pass,
    linear: Linear,
    shard: Shard,
    tile: Tile,
    yStride: number,
    yColumn: number,
  ): void {
    const { matrix } = linear;
    const isProbed = plan.isProbed(matrix);
    const rowsPerSign = linear.overScored ? shape.scored : shape.tokens;
    const rows = isProbed ? rowsPerSign : rowsPerSign * shape.signs;
    const { kernel, from } = this.#sourceOf(matrix, isProbed, rows, tile, linear);
    if (from === "widened") this.weightPass(pass, plan, matrix, shard, tile, WRITE_WIDENED);
    else if (isProbed || plan.isUpdated(matrix)) {
      this.weightPass(pass, plan, matrix, shard, tile, WRITE_PROBED);
    }
    const { tileRows, tileColumns } = kernel.card;
    const { products } = this.#boundFor(tile);
    products[from] ??= this.#bindProduct(from, linear, shard, tile, yStride, yColumn);
    const { group } = products[from];
    const [x, y] = [Math.ceil(tile.rows / tileColumns), Math.ceil(rows / tileRows)];
    dispatch(pass, { kernel, group }, x, y, isProbed ? 2 : 1);
  }

  /** The kernel of a product, and where it reads the weights. */
  #sourceOf(
    { storage }: Matrix,
    isProbed: boolean,
    rows: number,
    tile: Tile,
    { overScored = false }: Linear,
  ): { readonly kernel: LinearKernel; readonly from: Source } {
    const name = linearClassOf(rows, tile.rows, overScored);
    const kernel = this.#kernels.linear[name];
    if (isProbed) return { kernel, from: "probed" };
    if (storage !== "halves") return { kernel, from: "theta" };
    const packed = this.#kernels.packedLinear[name];
    return packed ? { kernel: packed, from: "theta" } : { kernel, from: "widened" };
  }

  /** All kernels for products have the same bindings, so one bind group suits them all. */
  #bindProduct(
    from: Source,
    { matrix, x, y, bias, relu, accumulates, overScored }: Linear,
    shard: Shard,
    tile: Tile,
    yStride: number,
    yColumn: number,
  ): BoundKernel {
    const b = this.#buffers;
    const isInPlace = from === "theta";
    const w = isInPlace ? this.#weights.shard(shard) : b.probe;
    return this.#bound.bind(
      this.#kernels.linear["many.wide"],
      {
        inner: matrix.width,
        outer: tile.rows,
        w_offset: isInPlace ? tile.firstRow * matrix.width : 0,
        w_stride: this.#layout.scratchElements,
        bias_offset: bias === undefined ? 0 : this.#vector(bias) + shard.firstRow,
        vectors_stride: this.#layout.vectors.elements,
        has_bias: Number(bias !== undefined),
        relu: Number(relu ?? false),
        accumulates: Number(accumulates ?? false),
        per_sign: Number(from === "probed"),
        over_scored: Number(overScored ?? false),
        y_stride: yStride,
        y_column: yColumn,
      },
      { batch: b.batch, x, w, vectors: b.probeVectors, y },
    );
  }

  #vector(name: string): number {
    return vectorOffset(this.#layout, name);
  }
}

/** Offset of a 1-D parameter in the vectors. */
export function vectorOffset({ vectors }: Layout, name: string): number {
  const offset = vectors.offsets.get(name);
  if (offset === undefined) throw new Error(`The layout has no vector "${name}".`);
  return offset;
}
