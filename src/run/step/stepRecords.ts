import { constants } from "#gpu/kernels.gen.ts";
import { recordWords, ringRecords } from "#model/buffers.ts";
import type { Model } from "#model/model.ts";
import type { StepPlan } from "#zo/plan.ts";
import type { JournalStep } from "../store/journal.ts";
import type { StepExtra } from "../store/records.ts";

/** Words of a record in `zo/coefficients.wgsl`, which begins with step, flags, probes and programs. */
const { FIRST_PROBE_WORD, MEAN_ABS_WORD, FIRST_COEFFICIENT_WORD, FLAG_SKIPPED } = constants;

/** What the GPU records of a step. */
export type GpuRecord = Pick<
  JournalStep,
  "step" | "flags" | "lossPlus" | "lossMinus" | "projectedGrad" | "coefficients" | "extra"
>;

/**
 * Waits for consecutive steps and reads their records. A step with a non-finite loss is the last one
 * returned; those after it were skipped.
 *
 * @param first 0-based
 * @throws DeviceLost
 */
export async function readRecords(
  model: Pick<Model, "readback" | "buffers">,
  first: number,
  plans: readonly StepPlan[],
): Promise<readonly GpuRecord[]> {
  const words = await readRing(model, first, plans.length);
  const records: GpuRecord[] = [];
  for (const [i, plan] of plans.entries()) {
    const record = decodeRecord(words, i * recordWords, plan);
    if (record.step !== first + i + 1) throw new Error(`Step ${first + i + 1} was not written.`);
    if (record.flags & FLAG_SKIPPED) break;
    records.push(record);
  }
  return records;
}

/** Reads `count` records of the ring: one copy, or two where they wrap around its end. */
async function readRing(
  { readback, buffers }: Pick<Model, "readback" | "buffers">,
  first: number,
  count: number,
): Promise<Uint32Array> {
  const out = new Uint32Array(count * recordWords);
  const bytes = recordWords * 4;
  let done = 0;
  while (done < count) {
    const record = (first + done) % ringRecords;
    const length = Math.min(count - done, ringRecords - record);
    const part = await readback.read(buffers.ring, record * bytes, length * bytes);
    out.set(new Uint32Array(part), done * recordWords);
    done += length;
  }
  return out;
}

function decodeRecord(words: Uint32Array, at: number, plan: StepPlan): GpuRecord {
  const floats = new Float32Array(words.buffer, words.byteOffset, words.length);
  const programs = words[at + 3]!;
  const probes = plan.probes.map((probe, p) => ({
    probe,
    losses: floats.slice(at + FIRST_PROBE_WORD + 3 * p, at + FIRST_PROBE_WORD + 3 * p + 3),
  }));
  const oneSided = probes.flatMap(({ probe, losses }) =>
    probe.other === undefined ? [] : [...losses.subarray(0, 2)],
  );
  const atTheta = probes.filter(({ probe }) => probe.at === "theta").map(({ losses }) => losses);
  const atSnapshot = probes.filter(({ probe }) => probe.at === "snapshot");
  // Losses at the snapshot first; last the running mean of |g|, from which clipping resumes.
  const extra = [...atSnapshot.flatMap(({ losses }) => [...losses]), floats[at + MEAN_ABS_WORD]!];
  return {
    step: words[at]!,
    flags: words[at + 1]!,
    // One-sided: the mean over directions, and the loss of the weights themselves.
    lossPlus: oneSided.length > 0 ? meanOf(oneSided.slice(0, -1)) : mean(atTheta, 0),
    lossMinus: oneSided.at(-1) ?? mean(atTheta, 1),
    projectedGrad: mean(atTheta, 2),
    coefficients: floats.slice(at + FIRST_COEFFICIENT_WORD, at + FIRST_COEFFICIENT_WORD + programs),
    extra: new Float32Array(extra),
  };
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

function mean(triples: readonly Float32Array[], part: 0 | 1 | 2): number {
  return meanOf(triples.map((triple) => triple[part]!));
}

/** What the log shows of a step beside its losses: from its plan, and from what the journal keeps. */
export function extraOf(
  plan: StepPlan,
  { extra }: Pick<JournalStep, "extra">,
): StepExtra | undefined {
  const shown: StepExtra = {
    ...(plan.kind !== undefined ? { kind: plan.kind } : {}),
    ...(plan.activeBlocks !== null ? { active_blocks: plan.activeBlocks } : {}),
    ...(plan.probes.some(({ at }) => at === "snapshot") && extra && extra.length >= 3
      ? {
          snapshot_loss_plus: extra[0]!,
          snapshot_loss_minus: extra[1]!,
          snapshot_projected_grad: extra[2]!,
        }
      : {}),
  };
  return Object.keys(shown).length > 0 ? shown : undefined;
}
