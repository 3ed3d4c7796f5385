import { attended } from "./attention.ts";
import { layerNormed } from "./layerNorm.ts";

/**
 * A whole OPT model in plain loops and doubles, one sequence at a time: the reference for forward passes
 * that no fixture covers.
 *
 * @see transformers, modeling_opt.py, OPTDecoder.forward and OPTDecoderLayer.forward
 */

/** The part of a config that a forward pass depends on. */
export interface OptShape {
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly numHiddenLayers: number;
  readonly numAttentionHeads: number;
  readonly ffnDim: number;
  readonly wordEmbedProjDim: number;
  readonly doLayerNormBefore: boolean;
  readonly hasFinalLayerNorm: boolean;
}

/** Values of every parameter, by name in transformers. */
export type Tensors = ReadonlyMap<string, ArrayLike<number>>;

type Vector = Float64Array;

/** Logits after each token of one sequence: [ids.length][vocabSize]. */
export function optLogits(shape: OptShape, tensors: Tensors, ids: readonly number[]): Vector[] {
  const { hiddenSize: C, wordEmbedProjDim: E, vocabSize, numHiddenLayers } = shape;
  const get = (name: string) => tensorOf(tensors, `model.decoder.${name}`);
  const hasProjections = E !== C;
  let stream = ids.map((id, position) => {
    const token = rowOf(get("embed_tokens.weight"), id, E);
    const x = hasProjections ? times(get("project_in.weight"), C, token) : token;
    return plus(x, rowOf(get("embed_positions.weight"), position + POSITION_OFFSET, C));
  });
  for (let layer = 0; layer < numHiddenLayers; layer++) {
    stream = decoderLayer(shape, (name) => get(`layers.${layer}.${name}`), stream);
  }
  return stream.map((x) => {
    let y = x;
    if (shape.hasFinalLayerNorm) {
      y = layerNormed(y, get("final_layer_norm.weight"), get("final_layer_norm.bias"));
    }
    if (hasProjections) y = times(get("project_out.weight"), E, y);
    return times(get("embed_tokens.weight"), vocabSize, y);
  });
}

/** Σ log p over the last `count` ids of a sequence, in nats. */
export function logProbability(
  shape: OptShape,
  tensors: Tensors,
  ids: readonly number[],
  count: number,
): number {
  const logits = optLogits(shape, tensors, ids.slice(0, -1));
  let sum = 0;
  for (let target = ids.length - count; target < ids.length; target++) {
    const row = logits[target - 1]!;
    const largest = row.reduce((a, b) => Math.max(a, b));
    const total = row.reduce((a, b) => a + Math.exp(b - largest), 0);
    sum += row[ids[target]!]! - largest - Math.log(total);
  }
  return sum;
}

/** The table of positions begins with two unused rows. @see OPTLearnedPositionalEmbedding */
const POSITION_OFFSET = 2;

function decoderLayer(
  { hiddenSize: C, ffnDim: F, numAttentionHeads, doLayerNormBefore }: OptShape,
  get: (name: string) => ArrayLike<number>,
  stream: readonly Vector[],
): Vector[] {
  const normed = (name: string, rows: readonly Vector[]) =>
    rows.map((x) => layerNormed(x, get(`${name}.weight`), get(`${name}.bias`)));
  const linear = (name: string, outer: number, x: Vector) =>
    plus(times(get(`${name}.weight`), outer, x), get(`${name}.bias`));

  let x = doLayerNormBefore ? normed("self_attn_layer_norm", stream) : stream;
  const kvq = new Float64Array(x.length * 3 * C);
  x.forEach((row, i) => {
    ["k", "v", "q"].forEach((letter, part) => {
      kvq.set(linear(`self_attn.${letter}_proj`, C, row), (3 * i + part) * C);
    });
  });
  x = x.map((_, i) => {
    const seen = Array.from({ length: i + 1 }, (__, j) => j);
    return linear("self_attn.out_proj", C, attended(kvq, i, seen, C, numAttentionHeads));
  });
  let y = x.map((row, i) => plus(row, stream[i]!));
  if (!doLayerNormBefore) y = normed("self_attn_layer_norm", y);

  x = doLayerNormBefore ? normed("final_layer_norm", y) : y;
  x = x.map((row) => {
    const inner = linear("fc1", F, row).map((value) => Math.max(value, 0));
    return linear("fc2", C, inner);
  });
  y = x.map((row, i) => plus(row, y[i]!));
  return doLayerNormBefore ? y : normed("final_layer_norm", y);
}

function tensorOf(tensors: Tensors, name: string): ArrayLike<number> {
  const values = tensors.get(name);
  if (values) return values;
  throw new Error(`There is no tensor "${name}".`);
}

function rowOf(table: ArrayLike<number>, row: number, width: number): Vector {
  return Float64Array.from({ length: width }, (_, i) => table[row * width + i]!);
}

/** w x, w of `outer` rows as in safetensors. */
function times(w: ArrayLike<number>, outer: number, x: Vector): Vector {
  const y = new Float64Array(outer);
  for (let n = 0; n < outer; n++) {
    for (let k = 0; k < x.length; k++) y[n]! += w[n * x.length + k]! * x[k]!;
  }
  return y;
}

function plus(a: ArrayLike<number>, b: ArrayLike<number>): Vector {
  return Float64Array.from({ length: a.length }, (_, i) => a[i]! + b[i]!);
}
