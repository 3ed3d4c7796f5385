import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import type { DType, TensorSource } from "#data/formats/tensorSource.ts";
import { gather } from "../testing/runs.ts";
import { baseSha256, baseWeightsOf } from "./baseWeights.ts";

function tensor(name: string, dtype: DType, bytes: Uint8Array<ArrayBuffer>): TensorSource {
  const shape = [bytes.length / (dtype === "F32" ? 4 : 2)];
  const read = async (start: number, end: number) => bytes.slice(start, end);
  return { name, dtype, shape, sizeBytes: bytes.length, read };
}

/** 1.5, -2 and 2^-24 as halves, and as f32s. */
const halves = new Uint8Array(Uint16Array.of(0x3e00, 0xc000, 0x0001).buffer);
const floats = new Uint8Array(Float32Array.of(1.5, -2, 2 ** -24).buffer);

test("a file of 16-bit floats is kept as it is, and known by its values as f32", async () => {
  const base = baseWeightsOf([tensor("a", "F16", halves), tensor("b", "F16", halves)]);
  expect(base).toMatchObject({ dtype: "F16", sizeBytes: 12 });
  expect(await gather(base.pieces())).toEqual(Uint8Array.from([...halves, ...halves]));
  const wanted = createHash("sha256").update(floats).update(floats).digest("hex");
  expect(await baseSha256(base)).toBe(wanted);
});

test("tensors of different kinds are kept as f32, under the same name", async () => {
  const base = baseWeightsOf([tensor("a", "F16", halves), tensor("b", "F32", floats)]);
  expect(base).toMatchObject({ dtype: "F32", sizeBytes: 24 });
  expect(await gather(base.pieces())).toEqual(Uint8Array.from([...floats, ...floats]));
  const same = baseWeightsOf([tensor("a", "F32", floats), tensor("b", "F32", floats)]);
  expect(await baseSha256(base)).toBe(await baseSha256(same));
});
