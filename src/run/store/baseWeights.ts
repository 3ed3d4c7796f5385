import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { DType, TensorSource } from "#data/formats/tensorSource.ts";
import { decoded } from "#model/weights.ts";

/**
 * A base model's weights as its file has them: what is kept of it, and what it is known by, whatever a
 * run makes of them on the GPU.
 */
export interface BaseWeights {
  /** Of every weight. */
  readonly dtype: DType;
  readonly sizeBytes: number;
  /** In table order, little-endian, cut anywhere between two weights. */
  pieces(): AsyncIterable<Uint8Array<ArrayBuffer>>;
}

const PIECE_BYTES = 8 * 1024 * 1024;

/** Those of a checkpoint: in its own dtype, or as f32 where its tensors differ. @param tensors in table order */
export function baseWeightsOf(tensors: readonly TensorSource[]): BaseWeights {
  const kinds = new Set(tensors.map(({ dtype }) => dtype));
  const [only] = kinds.size === 1 ? kinds : [];
  const dtype: DType = only ?? "F32";
  async function* pieces() {
    for (const tensor of tensors) {
      for (let start = 0; start < tensor.sizeBytes; start += PIECE_BYTES) {
        const bytes = await tensor.read(start, Math.min(start + PIECE_BYTES, tensor.sizeBytes));
        yield tensor.dtype === dtype ? bytes : bytesOf(decoded(tensor.dtype, bytes));
      }
    }
  }
  const sizeBytes = tensors.reduce((sum, tensor) => {
    return sum + (tensor.sizeBytes / bytesPer[tensor.dtype]) * bytesPer[dtype];
  }, 0);
  return { dtype, sizeBytes, pieces };
}

/**
 * SHA-256 over base weights as f32 little-endian: the model's name, whatever its file keeps them as.
 *
 * @param onPiece called with the bytes read
 */
export async function baseSha256(
  { dtype, pieces }: BaseWeights,
  onPiece: (bytes: number) => void = () => {},
): Promise<string> {
  const hash = sha256.create();
  for await (const piece of pieces()) {
    hash.update(bytesOf(decoded(dtype, piece)));
    onPiece(piece.length);
  }
  return bytesToHex(hash.digest());
}

const bytesPer: Readonly<Record<DType, number>> = { F32: 4, F16: 2, BF16: 2 };

function bytesOf({ buffer, byteOffset, byteLength }: Float32Array<ArrayBuffer>) {
  return new Uint8Array(buffer, byteOffset, byteLength);
}
