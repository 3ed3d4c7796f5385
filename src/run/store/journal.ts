import { sha256 } from "@noble/hashes/sha2.js";
import { crc32c } from "./crc32c.ts";
import type { StepRecord } from "./records.ts";

/**
 * The journal of a run, as bytes. It is the run: base weights and these coefficients rebuild every
 * step without data or forward passes, so what is read back must be what was written, to the bit.
 *
 * It is a chain of blocks. A block, little endian, every field at a multiple of 4 bytes:
 *
 *     magic u32 · version u32 · size of the block u32 · steps u32 · SHA-256 of the block before (32)
 *     steps, one after another
 *     CRC-32C u32 of everything above
 *
 * and a step:
 *
 *     step u32 · flags u32 · lossPlus f32 · lossMinus f32 · projectedGrad f32 · learningRate f64 ·
 *     tokens u32 · forwardPasses u32 · milliseconds f32 · coefficients u32 · extras u32 ·
 *     coefficients f32[] · extras f32[]
 */
export interface JournalStep {
  /** Counts from 1. */
  readonly step: number;
  /** 32 bits; see NOT_FINITE. */
  readonly flags: number;
  /** Nats. */
  readonly lossPlus: number;
  /** Nats. */
  readonly lossMinus: number;
  readonly projectedGrad: number;
  /** Kept in f64, so that 1e-6 in the settings is 1e-6 in the log. */
  readonly learningRate: number;
  /** Pushed through the model in this step, both signs counted. */
  readonly tokens: number;
  /** Of this step. */
  readonly forwardPasses: number;
  /** Time this step took; kept to f32. */
  readonly milliseconds: number;
  /** What z was multiplied with, one for each term of the step's delta, in the order applied. */
  readonly coefficients: Float32Array;
  /** What the method shows of itself. An empty list reads back as none. */
  readonly extra?: Float32Array;
}

/** Flag: a loss was not a finite number, and no update was applied. */
export const NOT_FINITE = 1;

/** What stands for the hash of the block before the first one. */
export const noBlockBefore: Uint8Array = new Uint8Array(32);

/** What a step was told to begin from: the sums over every step before it. */
export interface Totals {
  readonly forwardPasses: number;
  readonly tokens: number;
  readonly seconds: number;
}

export const noTotals: Totals = { forwardPasses: 0, tokens: 0, seconds: 0 };

export interface JournalBlock {
  readonly steps: readonly JournalStep[];
  readonly previousHash: Uint8Array;
  /** SHA-256 of the whole block: what the next one has to name. */
  readonly hash: Uint8Array;
}

export interface DecodedJournal {
  readonly steps: readonly JournalStep[];
  /** Blocks that are whole and in their place, from the first on. */
  readonly goodBlocks: number;
  /** Hash of the last good block. */
  readonly lastHash: Uint8Array;
  /** Where and why the rest was cut off: block `goodBlocks` and all after it. */
  readonly problem?: string;
}

const MAGIC = 0x4c4e4a5a; // "ZJNL"
const VERSION = 1;
const HEADER_BYTES = 16 + 32;
const CHECKSUM_BYTES = 4;
const STEP_BYTES = 48;

/**
 * One block with these steps.
 *
 * @param previousHash `hash` of the block before, or `noBlockBefore`
 * @throws RangeError if a count does not fit its field
 */
export function encodeBlock(
  steps: readonly JournalStep[],
  previousHash: Uint8Array,
): Uint8Array<ArrayBuffer> {
  let sizeBytes = HEADER_BYTES + CHECKSUM_BYTES;
  for (const step of steps) sizeBytes += stepBytes(step);
  const bytes = new Uint8Array(sizeBytes);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, MAGIC, true);
  view.setUint32(4, VERSION, true);
  view.setUint32(8, sizeBytes, true);
  view.setUint32(12, steps.length, true);
  bytes.set(previousHash, 16);
  let offset = HEADER_BYTES;
  for (const step of steps) offset = writeStep(bytes, view, offset, step);
  view.setUint32(offset, crc32c(bytes.subarray(0, offset)), true);
  return bytes;
}

/** What the block after this one has to name: SHA-256 of all its bytes. */
export function hashOf(block: Uint8Array): Uint8Array {
  return sha256(block);
}

/** The block in these bytes, or a sentence about what is wrong with them; never throws. */
export function decodeBlock(bytes: Uint8Array): JournalBlock | string {
  if (bytes.length < HEADER_BYTES + CHECKSUM_BYTES) return `it is only ${bytes.length} bytes long`;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(0, true) !== MAGIC) return "it does not begin like a journal block";
  const version = view.getUint32(4, true);
  if (version !== VERSION) return `it has version ${version}, this program reads ${VERSION}`;
  const sizeBytes = view.getUint32(8, true);
  if (sizeBytes !== bytes.length) return `it has ${bytes.length} of ${sizeBytes} bytes`;
  const end = bytes.length - CHECKSUM_BYTES;
  if (view.getUint32(end, true) !== crc32c(bytes.subarray(0, end))) {
    return "its checksum does not match";
  }
  const steps = readSteps(bytes, view, view.getUint32(12, true), end);
  if (steps === undefined) return "its steps do not fill it";
  return { steps, previousHash: bytes.slice(16, HEADER_BYTES), hash: hashOf(bytes) };
}

/**
 * The steps of a whole journal. Where a block is missing, damaged, out of place or does not go on
 * where the one before ended, it and all after it are cut off and `problem` says so.
 *
 * @param blocks what was stored, in order; anything but bytes counts as missing
 */
export function decodeJournal(blocks: Iterable<unknown>): DecodedJournal {
  const steps: JournalStep[] = [];
  let goodBlocks = 0;
  let lastHash = noBlockBefore;
  for (const bytes of blocks) {
    const block = bytes instanceof Uint8Array ? decodeBlock(bytes) : "it is missing";
    const reason = typeof block === "string" ? block : misfit(block, lastHash, steps.length);
    if (typeof block === "string" || reason !== undefined) {
      const after = steps.length.toLocaleString("en-US");
      const problem = `The journal is cut after step ${after}: block ${goodBlocks + 1} cannot be used (${reason}).`;
      return { steps, goodBlocks, lastHash, problem };
    }
    for (const step of block.steps) steps.push(step);
    goodBlocks++;
    lastHash = block.hash;
  }
  return { steps, goodBlocks, lastHash };
}

/**
 * Steps as the page and the log show them, with the sums carried on from `start`.
 *
 * @param extraOf what a step's method shows of itself
 */
export function toStepRecords(
  steps: readonly JournalStep[],
  start: Totals = noTotals,
  extraOf: (step: JournalStep) => StepRecord["extra"] = () => undefined,
): readonly StepRecord[] {
  let totals = start;
  return steps.map((step) => {
    totals = addStep(totals, step);
    const extra = extraOf(step);
    return {
      step: step.step,
      loss: (step.lossPlus + step.lossMinus) / 2,
      lossPlus: step.lossPlus,
      lossMinus: step.lossMinus,
      projectedGrad: step.projectedGrad,
      learningRate: step.learningRate,
      ...totals,
      ...((step.flags & NOT_FINITE) !== 0 && { notFinite: true as const }),
      ...(extra && { extra }),
    };
  });
}

/** The sums after these steps. Same order, same bits as `toStepRecords`. */
export function addSteps(start: Totals, steps: Iterable<JournalStep>): Totals {
  let totals = start;
  for (const step of steps) totals = addStep(totals, step);
  return totals;
}

function addStep(totals: Totals, step: JournalStep): Totals {
  return {
    forwardPasses: totals.forwardPasses + step.forwardPasses,
    tokens: totals.tokens + step.tokens,
    // Rounded as the journal keeps it, so that a live curve and a reloaded one are equal.
    seconds: totals.seconds + Math.fround(step.milliseconds) / 1000,
  };
}

/** Why a sound block cannot stand after `stepCount` steps, or undefined if it can. */
function misfit(block: JournalBlock, lastHash: Uint8Array, stepCount: number): string | undefined {
  if (!block.previousHash.every((byte, i) => byte === lastHash[i])) {
    return "it does not follow the block before it";
  }
  for (const [i, step] of block.steps.entries()) {
    const expected = stepCount + i + 1;
    if (step.step !== expected) return `it holds step ${step.step} in the place of ${expected}`;
  }
  return undefined;
}

function stepBytes(step: JournalStep): number {
  return STEP_BYTES + 4 * (step.coefficients.length + (step.extra?.length ?? 0));
}

function writeStep(bytes: Uint8Array, view: DataView, offset: number, step: JournalStep): number {
  const extra = step.extra ?? new Float32Array(0);
  view.setUint32(offset, u32("step", step.step), true);
  view.setUint32(offset + 4, u32("flags", step.flags), true);
  view.setFloat32(offset + 8, step.lossPlus, true);
  view.setFloat32(offset + 12, step.lossMinus, true);
  view.setFloat32(offset + 16, step.projectedGrad, true);
  view.setFloat64(offset + 20, step.learningRate, true);
  view.setUint32(offset + 28, u32("tokens", step.tokens), true);
  view.setUint32(offset + 32, u32("forwardPasses", step.forwardPasses), true);
  view.setFloat32(offset + 36, step.milliseconds, true);
  view.setUint32(offset + 40, step.coefficients.length, true);
  view.setUint32(offset + 44, extra.length, true);
  let at = offset + STEP_BYTES;
  for (const list of [step.coefficients, extra]) {
    // Bytes, not numbers: a number could change the payload of a NaN. Every host of WebGPU and of
    // Node is little endian.
    bytes.set(new Uint8Array(list.buffer, list.byteOffset, list.byteLength), at);
    at += list.byteLength;
  }
  return at;
}

function readSteps(
  bytes: Uint8Array,
  view: DataView,
  count: number,
  end: number,
): JournalStep[] | undefined {
  const steps: JournalStep[] = [];
  let offset = HEADER_BYTES;
  while (offset + STEP_BYTES <= end) {
    const coefficientsAt = offset + STEP_BYTES;
    const extraAt = coefficientsAt + 4 * view.getUint32(offset + 40, true);
    const next = extraAt + 4 * view.getUint32(offset + 44, true);
    if (next > end) return undefined;
    steps.push({
      step: view.getUint32(offset, true),
      flags: view.getUint32(offset + 4, true),
      lossPlus: view.getFloat32(offset + 8, true),
      lossMinus: view.getFloat32(offset + 12, true),
      projectedGrad: view.getFloat32(offset + 16, true),
      learningRate: view.getFloat64(offset + 20, true),
      tokens: view.getUint32(offset + 28, true),
      forwardPasses: view.getUint32(offset + 32, true),
      milliseconds: view.getFloat32(offset + 36, true),
      coefficients: floats(bytes, coefficientsAt, extraAt),
      ...(next > extraAt && { extra: floats(bytes, extraAt, next) }),
    });
    offset = next;
  }
  return offset === end && steps.length === count ? steps : undefined;
}

/** A copy, because a Float32Array must begin at a multiple of 4 and its own buffer is safe to send. */
function floats(bytes: Uint8Array, start: number, end: number): Float32Array {
  return new Float32Array(bytes.slice(start, end).buffer);
}

function u32(name: string, value: number): number {
  if (Number.isInteger(value) && value >= 0 && value <= 0xffffffff) return value;
  throw new RangeError(`A journal step has ${name} = ${value}; it must be a whole 32-bit number.`);
}
