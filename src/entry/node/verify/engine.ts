import { packAll } from "#data/examples/packing.ts";
import type { EncodedExample } from "#data/tasks/task.ts";
import type { Model } from "#model/model.ts";
import { evaluationCapacity } from "#run/memory/capacity.ts";

/**
 * Values of a model that checks compare. The transformer runs on the GPU; logits over the whole vocabulary are
 * its last hidden states times the embedding, computed here, because the GPU has one tile of them at a time.
 */
export interface VerifyEngine {
  /** Mean −log p of all ids but the first. */
  loss(ids: readonly number[]): Promise<number>;
  /** [ids, width] */
  hidden(ids: readonly number[]): Promise<readonly Float32Array[]>;
  /** Mean over the vocabulary of the logits of each hidden state. */
  meanLogits(hidden: readonly Float32Array[]): readonly number[];
  /** The id with the largest logit. */
  likeliest(hidden: Float32Array): number;
}

/** Returns an example of one text: all ids but the first are scored, and one more, so that the last has logits. */
export function asExample(ids: readonly number[]): EncodedExample {
  return { row: 0, answer: 0, options: [{ ids: [...ids, 2], optionLength: ids.length }] };
}

export async function verifyEngine(model: Model): Promise<VerifyEngine> {
  const { wordEmbedProjDim: width, vocabSize } = model.config;
  const embedding = await readEmbedding(model);
  const mean = new Float64Array(width);
  for (let i = 0; i < embedding.length; i++) mean[i % width]! += embedding[i]! / vocabSize;
  const pack = (example: EncodedExample) =>
    packAll([example], evaluationCapacity(model.capacity))[0]!;
  return {
    loss: async (ids) => {
      const optionLength = ids.length - 1;
      const [sum] = await model.score(
        pack({ row: 0, answer: 0, options: [{ ids, optionLength }] }),
      );
      return -sum! / optionLength;
    },
    hidden: async (ids) => {
      const batch = pack(asExample(ids));
      await model.score(batch);
      const all = await model.lastHidden(batch);
      return ids.map((_, i) => all.subarray(i * width, (i + 1) * width));
    },
    meanLogits: (hidden) => hidden.map((state) => dot(state, mean, 0)),
    likeliest: (hidden) => {
      let best = 0;
      let most = Number.NEGATIVE_INFINITY;
      for (let id = 0; id < vocabSize; id++) {
        const logit = dot(hidden, embedding, id * width);
        if (logit > most) [best, most] = [id, logit];
      }
      return best;
    },
  };
}

/** [V, E], as on the GPU. */
async function readEmbedding(model: Model): Promise<Float32Array> {
  const parameter = model.layout.table.find(({ name }) => name.endsWith("embed_tokens.weight"));
  if (!parameter) throw new Error("The table has no token embedding.");
  const values = new Float32Array(parameter.elements);
  let at = 0;
  for await (const piece of model.weights.readParameter(parameter.index)) {
    values.set(new Float32Array(piece.buffer), at);
    at += piece.byteLength / 4;
  }
  return values;
}

/** In f64. */
function dot(a: Float32Array, b: Float32Array | Float64Array, start: number): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i]! * b[start + i]!;
  return sum;
}
