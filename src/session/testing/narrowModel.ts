import { readFileSync } from "node:fs";
import { type ByteSource, memorySource } from "#data/formats/byteSource.ts";
import { safetensorsHeader } from "#data/formats/safetensors.ts";
import { type OptConfig, parseConfig } from "#model/config.ts";
import { randomWeights, tensorsOf } from "#model/testing/randomWeights.ts";

/**
 * A fixture's folder with its tokenizer and another model: 16 wide, with random weights. What a session
 * does with a run does not depend on its size, and an emulated GPU needs a quarter of the time.
 */
export function narrowed(files: readonly ByteSource[], folder: string): readonly ByteSource[] {
  const wide = JSON.parse(readFileSync(`${folder}/config.json`, "utf8"));
  const sizes = { hidden_size: 16, word_embed_proj_dim: 16, ffn_dim: 32, num_attention_heads: 2 };
  const json = { ...wide, ...sizes };
  const made = new Map([
    ["config.json", new TextEncoder().encode(JSON.stringify(json))],
    ["model.safetensors", weightsFile(parseConfig(json))],
  ]);
  return files.map((file) => {
    const bytes = made.get(file.name);
    return bytes ? memorySource(file.name, bytes) : file;
  });
}

function weightsFile(config: OptConfig): Uint8Array<ArrayBuffer> {
  const weights = randomWeights(config);
  const tensors = tensorsOf(config, weights);
  const parts = [
    safetensorsHeader(tensors),
    ...tensors.map(({ name }) => new Uint8Array(weights.get(name)!.buffer)),
  ];
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
