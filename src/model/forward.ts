import { type BoundKernels, dispatch } from "#gpu/boundKernels.ts";
import type { ParamsOf } from "#gpu/card.ts";
import type { Commands } from "#gpu/commands.ts";
import type { Kernel } from "#gpu/kernel.ts";
import { type attentionCached, constants, copyRows, embed } from "#gpu/kernels.gen.ts";
import type { Buffers } from "./buffers.ts";
import {
  ATTENTION_TOKENS,
  attentionThreads,
  type ByStorage,
  kernelFor,
  type ModelKernels,
} from "./compile.ts";
import type { OptConfig } from "./config.ts";
import type { Layout, Matrix, Shard } from "./layout.ts";
import { type Linear, type Pass, Products, type Shape, vectorOffset } from "./products.ts";
import type { Weights } from "./weights.ts";

/** OPT's table of positions begins with two unused rows. @see OPTLearnedPositionalEmbedding */
const POSITION_OFFSET = 2;

/** The kernels that only text generation needs. */
export interface GenerationKernels {
  readonly copyToCache: Kernel<typeof copyRows>;
  readonly attentionCached: Kernel<typeof attentionCached>;
}

/** What text generation needs: attention over a cache, and whole logits instead of a loss. */
export interface Generation extends GenerationKernels {
  /** [slots * positions, 2 C] keys and values of each block. */
  readonly caches: readonly GPUBuffer[];
  /** [scored, vocabSize] */
  readonly logits: GPUBuffer;
}

/** The products and norms of a block. */
interface BlockParts {
  readonly kvq: Linear;
  readonly out: Linear;
  readonly fc1: Linear;
  readonly fc2: Linear;
  /** Names of the norms. */
  readonly attentionNorm: string;
  readonly finalNorm: string;
}

/**
 * Records the forward pass of OPT for one or both signs. The weight pass of each matrix comes right before
 * its product, so that scratch holds W+ and W- of one matrix and not of the model.
 *
 * @see transformers, modeling_opt.py, OPTDecoderLayer.forward and OPTDecoder.forward
 */
export class Forward {
  readonly #config: OptConfig;
  readonly #layout: Layout;
  readonly #weights: Weights;
  readonly #buffers: Buffers;
  readonly #kernels: ModelKernels;
  readonly #bound: BoundKernels;
  readonly #products: Products;
  readonly #generation: Generation | null;
  readonly #blocks: readonly BlockParts[];

  constructor(parts: {
    config: OptConfig;
    layout: Layout;
    weights: Weights;
    buffers: Buffers;
    kernels: ModelKernels;
    bound: BoundKernels;
    generation?: Generation;
  }) {
    this.#config = parts.config;
    this.#layout = parts.layout;
    this.#weights = parts.weights;
    this.#buffers = parts.buffers;
    this.#kernels = parts.kernels;
    this.#bound = parts.bound;
    this.#products = new Products(parts);
    this.#generation = parts.generation ?? null;
    this.#blocks = Array.from({ length: this.#config.numHiddenLayers }, (_, i) => this.#partsOf(i));
  }

  /** Names the products and norms of a block once, because every step uses them. */
  #partsOf(block: number): BlockParts {
    const { stream, side, wide } = this.#buffers;
    const at = `layers.${block}.`;
    const decoderAt = `model.decoder.${at}`;
    const isPreNorm = this.#config.doLayerNormBefore;
    const linear = (name: string, bias: string, x: GPUBuffer, y: GPUBuffer): Linear => {
      return { matrix: this.#matrix(at + name), x, y, bias: `${decoderAt}${bias}.bias` };
    };
    // After a post-norm its output is the residual stream. It is in `side` until the next norm.
    const [attended, inner] = isPreNorm ? [side, stream] : [stream, side];
    return {
      kvq: linear("kvq", "self_attn.k_proj", attended, wide),
      out: { ...linear("out", "self_attn.out_proj", side, stream), accumulates: true },
      fc1: { ...linear("fc1", "fc1", side, wide), relu: true },
      fc2: { ...linear("fc2", "fc2", wide, inner), accumulates: true },
      attentionNorm: `${decoderAt}self_attn_layer_norm`,
      finalNorm: `${decoderAt}final_layer_norm`,
    };
  }

  /** Records a forward pass from token ids to loss sums. */
  record(pass: Commands, shape: Shape, plan: Pass): void {
    this.#products.vectors(pass, plan, constants.WRITE_ALWAYS);
    // Up to the first perturbed block both signs are equal and computed once.
    const shared = shape.signs === 2 ? plan.sharedBlocks : null;
    let at: Shape = shared === null ? shape : { ...shape, signs: 1 };
    this.#embed(pass, at, plan);
    for (let block = 0; block < this.#config.numHiddenLayers; block++) {
      if (block === shared) at = this.#splitSigns(pass, shape);
      this.#block(pass, at, plan, block);
    }
    if (shared === this.#config.numHiddenLayers) this.#splitSigns(pass, shape);
    this.#head(pass, shape, plan);
  }

  /** Copies the tokens of the first sign to the second. Returns the shape of both. */
  #splitSigns(pass: Commands, shape: Shape): Shape {
    const { hiddenSize: width } = this.#config;
    const { stream, side } = this.#buffers;
    this.#copyRows(pass, "second sign", this.#kernels.copySign, shape.tokens, side, stream, {
      width,
      x_stride: width,
      y_stride: width,
    });
    return shape;
  }

  #copyRows(
    pass: Commands,
    name: string,
    kernel: Kernel<typeof copyRows>,
    rows: number,
    x: GPUBuffer,
    y: GPUBuffer,
    params: ParamsOf<typeof copyRows>,
  ): void {
    const { batch, tokens, scored } = this.#buffers;
    const bound = this.#bound.get(`copy ${name}`, kernel, () => ({
      params,
      buffers: { batch, tokens, scored, x, y },
    }));
    dispatch(pass, bound, Math.ceil(params.width / copyRows.overrides.WORKGROUP_SIZE), rows);
  }

  /** Records a pass that applies pending updates and nothing else. */
  recordUpdate(pass: Commands, plan: Pass): void {
    this.#products.vectors(pass, plan, constants.WRITE_NEVER);
    for (const matrix of this.#layout.matrices.values()) {
      if (plan.isUpdated(matrix)) this.#writeUpdate(pass, plan, matrix);
    }
  }

  #writeUpdate(pass: Commands, plan: Pass, matrix: Matrix): void {
    for (const shard of matrix.shards) {
      for (const tile of shard.tiles)
        this.#products.weightPass(pass, plan, matrix, shard, tile, constants.WRITE_NEVER);
    }
  }

  #embed(pass: Commands, shape: Shape, plan: Pass): void {
    const { stream, wide } = this.#buffers;
    const tokens = this.#matrix("embed_tokens");
    const projectIn = this.#layout.matrices.get("project_in");
    for (const shard of tokens.shards) {
      const x = projectIn ? wide : stream;
      this.#lookUp(pass, shape, this.#kernels.embed, tokens, shard, x, {
        by_position: 0,
        row_offset: 0,
      });
    }
    // With a score head, nothing later in the pass reads the token embedding.
    if (this.#config.numLabels !== null && plan.isUpdated(tokens))
      this.#writeUpdate(pass, plan, tokens);
    if (projectIn)
      this.#products.linear(pass, shape, plan, { matrix: projectIn, x: wide, y: stream });
    const positions = this.#matrix("embed_positions");
    for (const shard of positions.shards) {
      this.#lookUp(pass, shape, this.#kernels.addEmbedding, positions, shard, stream, {
        by_position: 1,
        row_offset: POSITION_OFFSET,
      });
      // The lookup applied the pending update on the fly; this writes it. The head does so for token rows.
      if (plan.isUpdated(positions))
        this.#products.weightPass(
          pass,
          plan,
          positions,
          shard,
          shard.tiles[0]!,
          constants.WRITE_NEVER,
        );
    }
  }

  #lookUp(
    pass: Commands,
    shape: Shape,
    kernels: ByStorage<typeof embed>,
    { name, width, storage }: Matrix,
    shard: Shard,
    x: GPUBuffer,
    source: Pick<ParamsOf<typeof embed>, "by_position" | "row_offset">,
  ): void {
    const { batch, tokens } = this.#buffers;
    const kernel = kernelFor(kernels, storage);
    const bound = this.#bound.get(`${name} ${shard.firstRow}`, kernel, () => ({
      params: {
        width,
        first_row: shard.firstRow,
        end_row: shard.firstRow + shard.rows,
        tensor: shard.pieces[0]!.parameter.index,
        ...source,
      },
      buffers: {
        ...this.#products.deltaBuffers(),
        batch,
        tokens,
        theta: this.#weights.shard(shard),
        x,
      },
    }));
    // A thread computes eight columns of both signs.
    const groups = width % 8 === 0 ? width / 8 : Math.floor((width + 14) / 8);
    dispatch(pass, bound, Math.ceil((groups * shape.tokens) / embed.overrides.WORKGROUP_SIZE));
  }

  #block(pass: Commands, shape: Shape, plan: Pass, block: number): void {
    const { stream, side, wide } = this.#buffers;
    const { kvq, out, fc1, fc2, attentionNorm, finalNorm } = this.#blocks[block]!;
    const isPreNorm = this.#config.doLayerNormBefore;
    if (isPreNorm) this.#layerNorm(pass, shape, attentionNorm, stream, side);
    this.#products.linear(pass, shape, plan, kvq);
    if (this.#generation) this.#attentionCached(pass, shape, this.#generation, block);
    else this.#attention(pass, shape, wide, side);
    this.#products.linear(pass, shape, plan, out);
    this.#layerNorm(pass, shape, isPreNorm ? finalNorm : attentionNorm, stream, side);
    this.#products.linear(pass, shape, plan, fc1);
    this.#products.linear(pass, shape, plan, fc2);
    if (!isPreNorm) this.#layerNorm(pass, shape, finalNorm, side, stream);
  }

  #layerNorm(
    pass: Commands,
    shape: Shape,
    name: string,
    x: GPUBuffer,
    y: GPUBuffer,
    overScored = false,
  ): void {
    const { batch, probeVectors: vectors } = this.#buffers;
    const bound = this.#bound.get(name, this.#kernels.layerNorm, () => ({
      params: {
        width: this.#config.hiddenSize,
        weight_offset: this.#vector(`${name}.weight`),
        bias_offset: this.#vector(`${name}.bias`),
        vectors_stride: this.#layout.vectors.elements,
        over_scored: Number(overScored),
      },
      buffers: { batch, vectors, x, y },
    }));
    dispatch(pass, bound, shape.signs * (overScored ? shape.scored : shape.tokens));
  }

  #attention(pass: Commands, shape: Shape, kvq: GPUBuffer, out: GPUBuffer): void {
    const { batch, tokens } = this.#buffers;
    const { hiddenSize: width, numAttentionHeads: heads } = this.#config;
    const bound = this.#bound.get("attention", this.#kernels.attention, () => ({
      params: { width, heads },
      buffers: { batch, tokens, kvq, out },
    }));
    const groups = shape.signs * Math.ceil(shape.tokens / ATTENTION_TOKENS);
    dispatch(pass, bound, Math.ceil((groups * heads) / attentionThreads(width / heads)));
  }

  /** One sign only. Keys and values go to the cache first, so that a token finds its own there. */
  #attentionCached(
    pass: Commands,
    shape: Shape,
    { copyToCache, attentionCached, caches }: Generation,
    block: number,
  ): void {
    const { batch, tokens, wide: kvq, side: out } = this.#buffers;
    const { hiddenSize: width, numAttentionHeads: heads } = this.#config;
    const cache = caches[block]!;
    this.#copyRows(pass, `cache ${block}`, copyToCache, shape.tokens, kvq, cache, {
      width: 2 * width,
      x_stride: 3 * width,
      y_stride: 2 * width,
    });
    const attend = this.#bound.get(`attention cached ${block}`, attentionCached, () => ({
      params: { width, heads },
      buffers: { batch, tokens, kvq, cache, out },
    }));
    dispatch(pass, attend, heads, shape.tokens);
  }

  /**
   * Final norm, projection, logits tile by tile and loss, of the scored positions only. The logits of a score
   * head are over labels, and the scored id of an option is its label.
   */
  #head(pass: Commands, shape: Shape, plan: Pass): void {
    const b = this.#buffers;
    const { hiddenSize: width, hasFinalLayerNorm } = this.#config;
    this.#copyRows(
      pass,
      "scored",
      this.#kernels.copyScored,
      shape.signs * shape.scored,
      b.stream,
      b.scoredStream,
      {
        width,
        x_stride: width,
        y_stride: width,
      },
    );
    let [x, y] = [b.scoredStream, b.scoredSide];
    if (hasFinalLayerNorm) {
      this.#layerNorm(pass, shape, "model.decoder.final_layer_norm", x, y, true);
      [x, y] = [y, x];
    }
    const projectOut = this.#layout.matrices.get("project_out");
    if (projectOut) {
      this.#products.linear(pass, shape, plan, { matrix: projectOut, x, y, overScored: true });
      [x, y] = [y, x];
    }
    if (this.#generation) {
      this.#wholeLogits(pass, shape, plan, x);
      return;
    }
    this.#logits(pass, shape, plan, x);
    const loss = this.#bound.get("loss", this.#kernels.optionLoss, () => ({
      params: { option_capacity: b.optionSums.size / 8 },
      buffers: {
        batch: b.batch,
        options: b.options,
        examples: b.examples,
        state: b.logSumExp,
        option_sums: b.optionSums,
        loss_sums: b.lossSums,
      },
    }));
    dispatch(pass, loss, 1);
  }

  #logits(pass: Commands, shape: Shape, plan: Pass, x: GPUBuffer): void {
    const { batch, scored, logits, logSumExp: state } = this.#buffers;
    const matrix = this.#matrix(this.#config.numLabels === null ? "embed_tokens" : "score");
    const stride = this.#layout.headTileRows;
    const linear = { matrix, x, y: logits, overScored: true };
    for (const shard of matrix.shards) {
      for (const tile of shard.tiles) {
        this.#products.tile(pass, shape, plan, linear, shard, tile, stride, 0);
        const first = shard.firstRow + tile.firstRow;
        const bound = this.#bound.get(`lse ${first}`, this.#kernels.logSumExp, () => ({
          params: { first_id: first, width: tile.rows, stride, begins: Number(first === 0) },
          buffers: { batch, scored, logits, state },
        }));
        dispatch(pass, bound, shape.signs * shape.scored);
      }
    }
  }

  /** The logits of all tiles of the vocabulary side by side. Nothing is perturbed in generation. */
  #wholeLogits(pass: Commands, shape: Shape, plan: Pass, x: GPUBuffer): void {
    const y = this.#generation!.logits;
    const matrix = this.#matrix("embed_tokens");
    const linear = { matrix, x, y, overScored: true };
    for (const shard of matrix.shards) {
      for (const tile of shard.tiles) {
        const first = shard.firstRow + tile.firstRow;
        this.#products.tile(pass, shape, plan, linear, shard, tile, matrix.rows, first);
      }
    }
  }

  #matrix(name: string): Matrix {
    const matrix = this.#layout.matrices.get(name);
    if (!matrix) throw new Error(`The layout has no matrix "${name}".`);
    return matrix;
  }

  #vector(name: string): number {
    return vectorOffset(this.#layout, name);
  }
}
