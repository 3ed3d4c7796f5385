import { describe, expect, test } from "vitest";
import { parseConfig } from "./config.ts";
import { publishedConfigs } from "./publishedConfigs.ts";

const opt125m = publishedConfigs["opt-125m"];
const refused = (sentence: string) =>
  expect.objectContaining({ code: "E-FILE-4", message: sentence });

describe("config.json of a published checkpoint", () => {
  test("of opt-125m has pre-norm blocks, a final norm and no projections", () => {
    expect(parseConfig(opt125m)).toEqual({
      vocabSize: 50272,
      hiddenSize: 768,
      numHiddenLayers: 12,
      ffnDim: 3072,
      numAttentionHeads: 12,
      maxPositionEmbeddings: 2048,
      wordEmbedProjDim: 768,
      doLayerNormBefore: true,
      hasFinalLayerNorm: true,
      bosTokenId: 2,
      eosTokenId: 2,
      numLabels: null,
    });
  });

  test("of opt-350m has post-norm blocks, no final norm and embeddings of half the width", () => {
    expect(parseConfig(publishedConfigs["opt-350m"])).toMatchObject({
      hiddenSize: 1024,
      wordEmbedProjDim: 512,
      doLayerNormBefore: false,
      hasFinalLayerNorm: false,
    });
  });

  test("of opt-1.3b and opt-2.7b has heads of 64 and 80 columns", () => {
    const widths = (["opt-1.3b", "opt-2.7b"] as const).map((name) => {
      const { hiddenSize, numAttentionHeads } = parseConfig(publishedConfigs[name]);
      return hiddenSize / numAttentionHeads;
    });
    expect(widths).toEqual([64, 80]);
  });
});

describe("the default", () => {
  test("is word_embed_proj_dim = hidden_size, pre-norm blocks, and BOS 2", () => {
    const { vocab_size, hidden_size, num_hidden_layers, ffn_dim } = opt125m;
    const few = { model_type: "opt", vocab_size, hidden_size, num_hidden_layers, ffn_dim };
    const json = { ...few, num_attention_heads: 12, max_position_embeddings: 2048 };
    expect(parseConfig(json)).toEqual(parseConfig(opt125m));
  });

  test("is used for a null word_embed_proj_dim too", () => {
    expect(parseConfig({ ...opt125m, word_embed_proj_dim: null }).wordEmbedProjDim).toBe(768);
  });

  test("is a final norm, which _remove_final_layer_norm removes", () => {
    const json = { ...opt125m, _remove_final_layer_norm: true };
    expect(parseConfig(json).hasFinalLayerNorm).toBe(false);
  });
});

describe("config.json is rejected", () => {
  test("for another architecture, with a list of the supported ones", () => {
    expect(() => parseConfig({ ...opt125m, model_type: "llama" })).toThrow(
      refused(
        'This is a "llama" model. Only OPT works here: facebook/opt-125m, 350m, 1.3b, 2.7b and fine-tunes of them.',
      ),
    );
    expect(() => parseConfig({ model_type: { toString: 1, valueOf: 1 } })).toThrow(
      refused(
        expect.stringMatching(
          /^model_type in config.json is an object; a text is needed\. Only OPT/,
        ),
      ),
    );
    expect(() => parseConfig({})).toThrow(
      refused(expect.stringMatching(/^This is a model of unknown kind\./)),
    );
  });

  test.each([
    [{ activation_function: "gelu" }, 'activation_function is the text "gelu"'],
    [{ enable_bias: false }, "enable_bias is false"],
    [{ layer_norm_elementwise_affine: false }, "layer_norm_elementwise_affine is false"],
    [{ tie_word_embeddings: false }, "tie_word_embeddings is false"],
    [{ num_attention_heads: 7 }, "hidden_size 768 is no multiple of num_attention_heads 7"],
  ])("for the variant %o", (more, what) => {
    expect(() => parseConfig({ ...opt125m, ...more })).toThrow(
      refused(
        `This OPT variant is not supported: ${what} in config.json. facebook/opt-* checkpoints and their fine-tunes work.`,
      ),
    );
  });

  test.each([
    ["hidden_size", 0, "the number 0", 16384],
    ["hidden_size", 7.5, "the number 7.5", 16384],
    ["hidden_size", "768", 'the text "768"', 16384],
    ["num_hidden_layers", 65, "the number 65", 64],
    ["vocab_size", undefined, "missing", 1_000_000],
    ["vocab_size", { toString: 1, valueOf: 1 }, "an object", 1_000_000],
  ])("for %s = %s", (key, value, shown, max) => {
    expect(() => parseConfig({ ...opt125m, [key]: value })).toThrow(
      refused(`${key} in config.json is ${shown}; a whole number from 1 to ${max} is needed.`),
    );
  });
});
