import type { ByteSource } from "./files.ts";

export type DType = "F32" | "F16" | "BF16";

/** One tensor of a checkpoint, still on disk. */
export interface TensorSource {
  /** As it stands in the file: with or without the `model.` prefix. */
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Elements × bytes of the dtype. */
  readonly sizeBytes: number;
  /** Bytes [start, end) of the row-major, contiguous, little-endian tensor. */
  read(start: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** A Hugging Face model folder, opened and checked, with nothing large read yet. */
export interface Checkpoint {
  readonly format: "safetensors" | "pytorch";
  /** Parsed config.json; what it means is the model's business. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly tensors: ReadonlyMap<string, TensorSource>;
  /** Texts of the tokenizer's files, as they came: vocab.json, merges.txt, tokenizer_config.json, ... */
  readonly tokenizerFiles: ReadonlyMap<string, string>;
  /** Other small files worth handing on to an export: generation_config.json. */
  readonly otherFiles: ReadonlyMap<string, string>;
  /** The weight files read, for the record. */
  readonly weightFiles: readonly ByteSource[];
}
