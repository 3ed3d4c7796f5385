import { ZerothError } from "#base/errors.ts";
import { describeJson } from "#base/schema.ts";
import { quote } from "#base/text.ts";

/** The fields of config.json that describe an OPT model, in camel case. */
export interface OptConfig {
  readonly vocabSize: number;
  readonly hiddenSize: number;
  readonly numHiddenLayers: number;
  readonly ffnDim: number;
  readonly numAttentionHeads: number;
  readonly maxPositionEmbeddings: number;
  /** Width of the token embedding. If it differs from hiddenSize, as in opt-350m, it is projected in and out. */
  readonly wordEmbedProjDim: number;
  /** Layer norm before each sublayer (all but opt-350m). */
  readonly doLayerNormBefore: boolean;
  /** A layer norm after the last block; absent after post-norm blocks. */
  readonly hasFinalLayerNorm: boolean;
  readonly bosTokenId: number;
  readonly eosTokenId: number;
  /** Rows of the score head, which reads the last token; null if the model has a language-model head. */
  readonly numLabels: number | null;
}

type Json = Readonly<Record<string, unknown>>;

/**
 * Reads config.json.
 *
 * @throws ZerothError E-FILE-4 for another architecture or an unsupported option of OPT
 * @see transformers, configuration_opt.py and modeling_opt.py
 */
export function parseConfig(json: Json): OptConfig {
  rejectOtherModels(json);
  const hiddenSize = size(json, "hidden_size", 16384);
  const config: OptConfig = {
    vocabSize: size(json, "vocab_size", 1_000_000),
    hiddenSize,
    numHiddenLayers: size(json, "num_hidden_layers", 64),
    ffnDim: size(json, "ffn_dim", 65536),
    numAttentionHeads: size(json, "num_attention_heads", 256),
    maxPositionEmbeddings: size(json, "max_position_embeddings", 65536),
    wordEmbedProjDim:
      json["word_embed_proj_dim"] == null ? hiddenSize : size(json, "word_embed_proj_dim", 16384),
    doLayerNormBefore: flag(json, "do_layer_norm_before", true),
    hasFinalLayerNorm:
      flag(json, "do_layer_norm_before", true) && !flag(json, "_remove_final_layer_norm", false),
    bosTokenId: tokenId(json, "bos_token_id", 2),
    eosTokenId: tokenId(json, "eos_token_id", 2),
    numLabels: isClassifier(json) ? labelCount(json) : null,
  };
  if (config.hiddenSize % config.numAttentionHeads !== 0) {
    throw unsupported(
      `hidden_size ${config.hiddenSize} is no multiple of num_attention_heads ${config.numAttentionHeads}`,
    );
  }
  return config;
}

/**
 * The label names of a classifier in the order of its head's rows; null for any other model, or if
 * config.json does not name them all.
 */
export function labelNames(json: Json): readonly string[] | null {
  const names = json["id2label"];
  if (!isClassifier(json) || typeof names !== "object" || names === null) return null;
  const byId = new Map<string, unknown>(Object.entries(names));
  const ordered = Array.from({ length: labelCount(json) }, (_, id) => byId.get(String(id)));
  return ordered.every((name) => typeof name === "string") ? ordered : null;
}

/** @see transformers, modeling_opt.py, OPTForSequenceClassification */
function isClassifier(json: Json): boolean {
  const architectures = json["architectures"];
  return Array.isArray(architectures) && architectures.includes("OPTForSequenceClassification");
}

/** The number of labels, as transformers derives it: the number of names, or two without any. */
function labelCount(json: Json): number {
  if (json["num_labels"] !== undefined) return size(json, "num_labels", 65536);
  const names = json["id2label"];
  return typeof names === "object" && names !== null ? Math.max(1, Object.keys(names).length) : 2;
}

function rejectOtherModels(json: Json): void {
  const type = json["model_type"];
  if (type !== "opt") {
    throw new ZerothError(
      "E-FILE-4",
      `${modelOfType(type)} Only OPT works here: facebook/opt-125m, 350m, 1.3b, 2.7b and ` +
        `fine-tunes of them.`,
    );
  }
  const activation = json["activation_function"] ?? "relu";
  if (activation !== "relu") {
    throw unsupported(`activation_function is ${describeJson(activation)}`);
  }
  if (!flag(json, "enable_bias", true)) throw unsupported("enable_bias is false");
  if (!flag(json, "layer_norm_elementwise_affine", true)) {
    throw unsupported("layer_norm_elementwise_affine is false");
  }
  if (!flag(json, "tie_word_embeddings", true)) throw unsupported("tie_word_embeddings is false");
}

function modelOfType(type: unknown): string {
  if (type === undefined) return "This is a model of unknown kind.";
  if (typeof type === "string") return `This is a ${quote(type)} model.`;
  return `model_type in config.json is ${describeJson(type)}; a text is needed.`;
}

function unsupported(what: string): ZerothError {
  return new ZerothError(
    "E-FILE-4",
    `This OPT variant is not supported: ${what} in config.json. facebook/opt-* checkpoints and ` +
      `their fine-tunes work.`,
  );
}

function size(json: Json, key: string, max: number): number {
  const value = json[key];
  if (typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= max) {
    return value;
  }
  throw new ZerothError(
    "E-FILE-4",
    `${key} in config.json is ${describeJson(value)}; a whole number from 1 to ${max} is needed.`,
  );
}

function tokenId(json: Json, key: string, fallback: number): number {
  const value = json[key];
  return typeof value === "number" && Number.isInteger(value) && value >= 0 ? value : fallback;
}

function flag(json: Json, key: string, fallback: boolean): boolean {
  const value = json[key];
  return typeof value === "boolean" ? value : fallback;
}
