import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import type { Weights } from "#model/weights.ts";

/**
 * SHA-256 over all parameters in table order, little-endian, as f32 or as the halves they are stored
 * as: the name of a set of weights.
 * Nothing may be pending.
 *
 * @param onPiece sees every piece on its way, so that a snapshot can be written in the same sweep
 * @throws DeviceLost
 */
export async function weightsSha256(
  weights: Weights,
  onPiece: (bytes: number) => void = () => {},
): Promise<string> {
  const hash = sha256.create();
  for await (const piece of weights.read()) {
    hash.update(piece);
    onPiece(piece.length);
  }
  return bytesToHex(hash.digest());
}
