import { crc32c } from "../store/crc32c.ts";
import type { RunRecord } from "../store/records.ts";
import type { Log } from "./runLog.ts";

/** Several scalars at one step. */
export interface ScalarEvent {
  /** Seconds since 1970. */
  readonly wallTime: number;
  readonly step: number;
  readonly values: readonly (readonly [tag: string, value: number])[];
}

/** TensorBoard takes for its own any file with "tfevents" in its name; the number sorts them. */
export function tensorboardFileName({ createdAt }: RunRecord): string {
  return `events.out.tfevents.${Math.floor(secondsOf(createdAt))}.zeroth`;
}

/**
 * The run's curves as the bytes of a TensorBoard event file. Times are the run's beginning plus the
 * seconds of training, so pauses leave no gap.
 */
export function tensorboardLog({ record, steps, evaluations }: Log): Uint8Array<ArrayBuffer> {
  const start = secondsOf(record.createdAt);
  const timeOf = new Map(steps.map(({ step, seconds }) => [step, start + seconds]));
  const events: ScalarEvent[] = steps.map((step) => ({
    wallTime: start + step.seconds,
    step: step.step,
    values: [
      ["train/loss", step.loss],
      ["train/learning_rate", step.learningRate],
      ["zo/loss_plus", step.lossPlus],
      ["zo/loss_minus", step.lossMinus],
      ["zo/projected_grad", step.projectedGrad],
      ["zo/forward_passes", step.forwardPasses],
    ],
  }));
  for (const { step, loss, accuracy, f1 } of evaluations) {
    events.push({
      wallTime: timeOf.get(step) ?? start,
      step,
      values: [
        ["eval/loss", loss],
        ["eval/accuracy", accuracy],
        ...(f1 === undefined ? [] : [["eval/f1", f1] as const]),
      ],
    });
  }
  events.sort((a, b) => a.step - b.step);
  return eventFile(start, events);
}

/** @param startTime seconds since 1970, of the file's first event */
export function eventFile(
  startTime: number,
  events: readonly ScalarEvent[],
): Uint8Array<ArrayBuffer> {
  const version = message(double(1, startTime), text(3, "brain.Event:2"));
  const records = [version, ...events.map(encodeEvent)].map(frame);
  const bytes = new Uint8Array(records.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const record of records) {
    bytes.set(record, at);
    at += record.length;
  }
  return bytes;
}

/** @see tensorflow/core/util/event.proto and framework/summary.proto */
function encodeEvent({ wallTime, step, values }: ScalarEvent): Uint8Array {
  const summary = message(
    ...values.map(([tag, value]) => bytesField(1, message(text(1, tag), float(2, value)))),
  );
  // Protocol buffers leave out what is zero.
  const stepField = step === 0 ? [] : [field(2, VARINT), ...varint(step)];
  return message(double(1, wallTime), stepField, bytesField(5, summary));
}

/**
 * A record of the TFRecord format: length, its checksum, data, its checksum.
 *
 * @see tensorflow/core/lib/io/record_writer.h
 */
function frame(data: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(12 + data.length + 4);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0, BigInt(data.length), true);
  view.setUint32(8, maskedCrc(bytes.subarray(0, 8)), true);
  bytes.set(data, 12);
  view.setUint32(12 + data.length, maskedCrc(data), true);
  return bytes;
}

/** Masked, because a checksum of bytes that hold their own checksum is a poor one. */
function maskedCrc(bytes: Uint8Array): number {
  const crc = crc32c(bytes);
  return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

const VARINT = 0;
const EIGHT_BYTES = 1;
const LENGTH_FIRST = 2;
const FOUR_BYTES = 5;

function field(number: number, kind: number): number {
  return (number << 3) | kind;
}

function message(...parts: readonly ArrayLike<number>[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** @param value a whole number, not negative, below 2^53 */
function varint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  // Not with shifts: those end at 32 bits.
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
  return bytes;
}

function double(number: number, value: number): Uint8Array {
  const bytes = new Uint8Array(9);
  bytes[0] = field(number, EIGHT_BYTES);
  new DataView(bytes.buffer).setFloat64(1, value, true);
  return bytes;
}

function float(number: number, value: number): Uint8Array {
  const bytes = new Uint8Array(5);
  bytes[0] = field(number, FOUR_BYTES);
  new DataView(bytes.buffer).setFloat32(1, value, true);
  return bytes;
}

function text(number: number, value: string): Uint8Array {
  return bytesField(number, new TextEncoder().encode(value));
}

function bytesField(number: number, bytes: Uint8Array): Uint8Array {
  return message([field(number, LENGTH_FIRST), ...varint(bytes.length)], bytes);
}

function secondsOf(iso: string): number {
  const milliseconds = Date.parse(iso);
  return Number.isNaN(milliseconds) ? 0 : milliseconds / 1000;
}
