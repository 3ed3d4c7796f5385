import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import {
  strFromU8,
  strToU8,
  type UnzipFileFilter,
  type Unzipped,
  unzipSync,
  type Zippable,
  zipSync,
} from "fflate";
import { ZerothError } from "#base/errors.ts";
import { readAs, z } from "#base/schema.ts";
import { count } from "#base/text.ts";
import { resolveSettings } from "#zo/resolveSettings.ts";
import { type JournalStep, toStepRecords } from "../store/journal.ts";
import { journalFile, readJournalFile } from "../store/journalFile.ts";
import type { EvaluationRecord, ModelOrigin, ModelRecord, RunRecord } from "../store/records.ts";
import { parseEvaluation, parseRunRecord } from "../store/storedRecords.ts";
import { logAsJsonl, settingsFile } from "./runLog.ts";

/** A run to hand on: everything but rows and weights. With the base model it rebuilds the weights. */
export interface RunBundle {
  readonly record: RunRecord;
  readonly journal: readonly JournalStep[];
  readonly evaluations: readonly EvaluationRecord[];
  /** What the base model is called, and where it can be had. */
  readonly base: Pick<ModelRecord, "id" | "name"> & { readonly origin?: ModelOrigin };
}

const MAX_ZIP_BYTES = 256_000_000;
/**
 * Of one file unpacked; ten million steps of MeZO have 520 MB. Coefficients are noise and hardly shrink: a small
 * zip that unpacks to twenty times its size and more is made to.
 */
const MAX_FILE_BYTES = 600_000_000;
/** Of a file whose size does not depend on the number of steps. A record may hold thresholds and label words. */
const MAX_RECORD_BYTES = 4_000_000;
/** A step of MeZO has 52 bytes; one with many terms, or active blocks, several times as many. */
const JOURNAL_BYTES_PER_STEP = 1024;
/** A line of the log, or an evaluation in JSON, has about 300 characters. */
const TEXT_BYTES_PER_STEP = 2048;
const SCHEMA = "zeroth-bundle/1";
/** Makes the same bundle the same bytes, whenever it is written. */
const ZIP_DATE = new Date(2020, 0, 1);

/** Files that are read. */
const READ = ["hashes.json", "run.json", "base.json", "evaluations.json", "journal.bin"] as const;
/** Files for people and their programs. Only their hashes are checked. */
const CARRIED = ["log_history.jsonl", "settings.json"] as const;

type FileName = (typeof READ)[number] | (typeof CARRIED)[number];

/** The bundle as a zip. Its files can be read by anyone: JSON, JSONL and the journal. */
export function writeBundle({
  record,
  journal,
  evaluations,
  base,
}: RunBundle): Uint8Array<ArrayBuffer> {
  const log = { record, evaluations, steps: toStepRecords(journal) };
  const files: Record<string, Uint8Array> = {
    "run.json": json(record),
    "base.json": json({
      id: base.id,
      name: base.name,
      ...(base.origin && { origin: base.origin }),
    }),
    "evaluations.json": json(evaluations),
    "journal.bin": journalFile(journal),
    "log_history.jsonl": strToU8(logAsJsonl(log)),
    "settings.json": strToU8(settingsFile(record)),
  };
  const hashes = Object.entries(files).map(([name, bytes]) => [name, hashOf(bytes)]);
  files["hashes.json"] = json({ schema: SCHEMA, sha256: Object.fromEntries(hashes) });
  const options = { level: 6, mtime: ZIP_DATE } as const;
  const entries = Object.entries(files).map(([name, bytes]) => [name, [bytes, options]]);
  const zippable: Zippable = Object.fromEntries(entries);
  return new Uint8Array(zipSync(zippable));
}

/**
 * The run in a bundle. Nothing in it is believed before it is checked: sizes before unpacking, every
 * file's hash, the shape of every record, every setting, every block of the journal.
 *
 * @throws ZerothError E-FILE-1 if it is no bundle, -3 if it is damaged; E-CFG-1 for settings this
 *   version does not know
 */
export function readBundle(zip: Uint8Array): RunBundle {
  const sizes = directoryOf(zip);
  const hashes = readHashes(unpack(zip, sizes, "hashes.json", MAX_RECORD_BYTES));
  const fileOf = (name: FileName, limitBytes: number) => {
    const bytes = unpack(zip, sizes, name, limitBytes);
    if (Object.hasOwn(hashes, name) && hashes[name] === hashOf(bytes)) return bytes;
    throw damaged(`${name} does not match its checksum`);
  };
  const recordText = fileOf("run.json", MAX_RECORD_BYTES);
  const record = damagedUnless(() => parseRunRecord(parseJson(recordText), "in the bundle"));
  const baseText = fileOf("base.json", MAX_RECORD_BYTES);
  const base = damagedUnless(() => readAs(baseSchema, parseJson(baseText), damaged));
  // Two more evaluations than steps: before the first step, and on the test set.
  const most = record.step + 2;
  const evaluationText = fileOf("evaluations.json", most * TEXT_BYTES_PER_STEP);
  const values = damagedUnless(() =>
    readAs(z.array(z.unknown()).max(most), parseJson(evaluationText), damaged),
  );
  const evaluations = values.map((value) =>
    damagedUnless(() => parseEvaluation(value, "in the bundle")),
  );
  const journalBytes = MAX_RECORD_BYTES + record.step * JOURNAL_BYTES_PER_STEP;
  const journal = readJournalFile(fileOf("journal.bin", journalBytes));
  for (const name of CARRIED) {
    if (sizes.has(name)) fileOf(name, MAX_RECORD_BYTES + 2 * most * TEXT_BYTES_PER_STEP);
  }
  const settings = resolveSettings(record.settings);
  checkFits(record, journal, base.id);
  return { record: { ...record, settings }, journal, evaluations, base };
}

/** Why a run cannot be rebuilt on this base model, in a sentence; null where it can. */
export function misfitOf({ record, base }: RunBundle, modelId: string): string | null {
  if (record.modelId === modelId) return null;
  const where = base.origin ? ` (${base.origin.repo} at ${base.origin.commit.slice(0, 12)})` : "";
  return (
    `This run began from other weights: ${base.name}${where}, SHA-256 ` +
    `${record.modelId.slice(0, 12)}…; the open model's is ${modelId.slice(0, 12)}…. Open that model, ` +
    `then the bundle again.`
  );
}

const baseSchema = z.object({
  id: z.string().regex(/^[0-9a-f]{64}$/),
  name: z.string().max(1000),
  origin: z
    .object({
      repo: z.string().max(200),
      commit: z.string().max(64),
      licence: z.string().max(200),
      address: z.string().max(500),
    })
    .exactOptional(),
});

const hashesSchema = z.object({
  schema: z.literal(SCHEMA),
  sha256: z.record(z.string(), z.string()),
});

/** Sizes that the zip claims its files unpack to, by name. Nothing is unpacked. */
function directoryOf(zip: Uint8Array): ReadonlyMap<string, number> {
  if (zip.length > MAX_ZIP_BYTES) {
    throw new ZerothError(
      "E-FILE-1",
      `This file has ${count(zip.length)} bytes; a bundle has at most ${count(MAX_ZIP_BYTES)}.`,
    );
  }
  const sizes = new Map<string, number>();
  const wanted: readonly string[] = [...READ, ...CARRIED];
  unzip(zip, ({ name, originalSize }) => {
    if (!wanted.includes(name)) return false;
    if (sizes.has(name)) throw damaged(`it holds ${name} twice`);
    sizes.set(name, originalSize);
    return false;
  });
  return sizes;
}

/** One file of the bundle, if it claims to unpack to no more than what the record allows. */
function unpack(
  zip: Uint8Array,
  sizes: ReadonlyMap<string, number>,
  name: FileName,
  limitBytes: number,
): Uint8Array<ArrayBuffer> {
  const size = sizes.get(name);
  if (size === undefined) {
    throw new ZerothError(
      "E-FILE-1",
      `This is no bundle of a run: it has no ${name}. Choose a zip saved with "Save bundle".`,
    );
  }
  const limit = Math.min(limitBytes, MAX_FILE_BYTES, 64_000_000 + 20 * zip.length);
  if (size > limit) {
    throw damaged(
      `${name} unpacks to ${count(size)} bytes; for this run it has at most ${count(limit)}`,
    );
  }
  const { [name]: bytes } = unzip(zip, (file) => file.name === name);
  return new Uint8Array(bytes ?? []);
}

function unzip(zip: Uint8Array, filter: UnzipFileFilter): Unzipped {
  try {
    return unzipSync(zip, { filter });
  } catch (cause) {
    if (cause instanceof ZerothError) throw cause;
    throw new ZerothError(
      "E-FILE-1",
      "This is no bundle of a run: it cannot be unpacked as a zip. Choose a zip saved from a run.",
      { cause },
    );
  }
}

function readHashes(bytes: Uint8Array): Readonly<Record<string, string>> {
  return damagedUnless(() => readAs(hashesSchema, parseJson(bytes), damaged)).sha256;
}

/** What the parts say of each other has to agree. */
function checkFits(record: RunRecord, journal: readonly JournalStep[], baseId: string): void {
  if (record.modelId !== baseId) throw damaged("run and base model name different weights");
  if (!/^[A-Za-z0-9_-]{1,100}$/.test(record.id)) throw damaged("the run's id is none");
  if (record.step !== journal.length) {
    throw damaged(`the run is at step ${record.step}, its journal ends at ${journal.length}`);
  }
}

function json(value: unknown): Uint8Array {
  return strToU8(`${JSON.stringify(value, named, 2)}\n`);
}

/** A loss may be NaN, which JSON has not: it is written as its name. */
function named(_: string, value: unknown): unknown {
  return typeof value === "number" && !Number.isFinite(value) ? String(value) : value;
}

const MEASURED = new Set(["loss", "accuracy", "f1", "seconds", "forwardPasses"]);

function unnamed(key: string, value: unknown): unknown {
  const isName = value === "NaN" || value === "Infinity" || value === "-Infinity";
  return isName && MEASURED.has(key) ? Number(value) : value;
}

function parseJson(bytes: Uint8Array): unknown {
  return JSON.parse(strFromU8(bytes), unnamed);
}

function hashOf(bytes: Uint8Array): string {
  return bytesToHex(sha256(bytes));
}

function damagedUnless<T>(read: () => T): T {
  try {
    return read();
  } catch (cause) {
    if (cause instanceof ZerothError && cause.code === "E-FILE-3") throw cause;
    throw damaged(cause instanceof Error ? cause.message.slice(0, 300) : "no reason given");
  }
}

function damaged(flaw: string): ZerothError {
  return new ZerothError(
    "E-FILE-3",
    `This bundle is damaged (${flaw}). Nothing of it was used; get it again.`,
  );
}
