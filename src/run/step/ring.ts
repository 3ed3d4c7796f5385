import { recordWords, ringRecords } from "#model/buffers.ts";
import type { Model } from "#model/model.ts";

/**
 * Records of steps from the ring, one after another: one copy, or two where they lie across its end.
 *
 * @param first 0-based step
 * @throws DeviceLost
 */
export async function readRing(
  { readback, buffers }: Pick<Model, "readback" | "buffers">,
  first: number,
  count: number,
): Promise<Uint32Array> {
  const out = new Uint32Array(count * recordWords);
  let done = 0;
  while (done < count) {
    const record = (first + done) % ringRecords;
    const run = Math.min(count - done, ringRecords - record);
    const bytes = recordWords * 4;
    const part = await readback.read(buffers.ring, record * bytes, run * bytes);
    out.set(new Uint32Array(part), done * recordWords);
    done += run;
  }
  return out;
}
