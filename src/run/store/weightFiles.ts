import { bytesPerWeight, type WeightDtype } from "#base/dtype.ts";
import { safetensorsHeader } from "#data/formats/safetensors.ts";
import type { ExportedFile } from "../exchange/exportedFile.ts";
import { textFile } from "../exchange/exportedFile.ts";

/** What of a parameter its place in a file depends on. */
interface Placed {
  readonly name: string;
  readonly shape: readonly number[];
  readonly elements: number;
}

const fileDtypes = { f32: "F32", f16: "F16" } as const;

/** Above this weights are cut into several files, which other programs load one after another. */
export const SHARD_BYTES = 2_000_000_000;

/**
 * Weights as Hugging Face keeps them: `model.safetensors`, or where they are larger than a shard
 * `model-00001-of-0000n.safetensors` and so on with an index. All of one dtype.
 *
 * The files must be taken in order: their bytes come out of one stream.
 *
 * @param table in the order of the stream
 * @param dtype of every weight in the stream
 * @param read begins the stream; called when the first file is taken
 */
export function weightFiles(
  table: readonly Placed[],
  dtype: WeightDtype,
  read: () => AsyncIterable<Uint8Array<ArrayBuffer>>,
  shardBytes: number = SHARD_BYTES,
): readonly ExportedFile[] {
  const bytesEach = bytesPerWeight(dtype);
  const shards = cutIntoShards(table, bytesEach, shardBytes);
  const take = takeFrom(read);
  const nameOf = (i: number) => shardName(i, shards.length);
  const files = shards.map((parameters, i): ExportedFile => {
    const header = safetensorsHeader(
      parameters.map(({ name, shape }) => ({ name, shape, dtype: fileDtypes[dtype] })),
    );
    const dataBytes = bytesOf(parameters, bytesEach);
    async function* pieces() {
      yield header;
      yield* take(dataBytes);
    }
    return { name: nameOf(i), sizeBytes: header.length + dataBytes, pieces: pieces() };
  });
  return shards.length === 1 ? files : [...files, indexFile(shards, bytesEach, nameOf)];
}

/** As many parameters in each as fit; one that is larger than a shard stands alone. */
function cutIntoShards<T extends Placed>(
  table: readonly T[],
  bytesEach: number,
  shardBytes: number,
): readonly T[][] {
  const shards: T[][] = [];
  let room = 0;
  for (const parameter of table) {
    const sizeBytes = parameter.elements * bytesEach;
    if (shards.length === 0 || sizeBytes > room) {
      shards.push([]);
      room = shardBytes;
    }
    shards.at(-1)?.push(parameter);
    room -= sizeBytes;
  }
  return shards;
}

/** @see transformers, save_pretrained: the names it gives and looks for */
function shardName(i: number, count: number): string {
  const five = (n: number) => String(n).padStart(5, "0");
  return count === 1 ? "model.safetensors" : `model-${five(i + 1)}-of-${five(count)}.safetensors`;
}

function indexFile(
  shards: readonly (readonly Placed[])[],
  bytesEach: number,
  nameOf: (i: number) => string,
): ExportedFile {
  const entries = shards.flatMap((shard, i) => shard.map(({ name }) => [name, nameOf(i)]));
  const index = {
    metadata: { total_size: bytesOf(shards.flat(), bytesEach) },
    weight_map: Object.fromEntries(entries),
  };
  return textFile("model.safetensors.index.json", `${JSON.stringify(index, null, 2)}\n`);
}

function bytesOf(parameters: readonly Placed[], bytesEach: number): number {
  return parameters.reduce((sum, { elements }) => sum + elements * bytesEach, 0);
}

/** Cuts one stream into stretches of given sizes, each asked for when the one before is done. */
function takeFrom(
  read: () => AsyncIterable<Uint8Array<ArrayBuffer>>,
): (bytes: number) => AsyncGenerator<Uint8Array<ArrayBuffer>> {
  let stream: AsyncIterator<Uint8Array<ArrayBuffer>> | undefined;
  let rest = new Uint8Array(0);
  return async function* (bytes) {
    stream ??= read()[Symbol.asyncIterator]();
    for (let left = bytes; left > 0; ) {
      if (rest.length === 0) {
        const { done, value } = await stream.next();
        if (done) throw new RangeError(`The weights ended ${left} bytes early.`);
        rest = value;
      }
      const piece = rest.subarray(0, Math.min(left, rest.length));
      rest = rest.subarray(piece.length);
      left -= piece.length;
      if (piece.length > 0) yield piece;
    }
  };
}
