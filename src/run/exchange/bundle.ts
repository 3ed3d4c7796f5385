import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { strFromU8, strToU8, unzipSync, type Zippable, zipSync } from "fflate";
import { z } from "zod";
import { ZerothError } from "#base/errors.ts";
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
/** Of one file unpacked; ten million steps of MeZO have 520 MB. */
const MAX_FILE_BYTES = 600_000_000;
const SCHEMA = "zeroth-bundle/1";
/** Makes the same bundle the same bytes, whenever it is written. */
const ZIP_DATE = new Date(2020, 0, 1);

/** Files that are read; the others are for people and their programs. */
const READ = ["hashes.json", "run.json", "base.json", "evaluations.json", "journal.bin"] as const;

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
  const files = unpack(zip);
  const fileOf = (name: (typeof READ)[number]) => {
    const bytes = files[name];
    if (bytes) return new Uint8Array(bytes);
    throw new ZerothError(
      "E-FILE-1",
      `This is no bundle of a run: it has no ${name}. Choose a zip saved with "Save bundle".`,
    );
  };
  checkHashes(fileOf("hashes.json"), files);
  const record = damagedUnless(() =>
    parseRunRecord(parseJson(fileOf("run.json")), "in the bundle"),
  );
  const base = damagedUnless(() => baseSchema.parse(parseJson(fileOf("base.json"))));
  const evaluations = damagedUnless(() =>
    z.array(z.unknown()).parse(parseJson(fileOf("evaluations.json"))),
  ).map((value) => damagedUnless(() => parseEvaluation(value, "in the bundle")));
  const journal = readJournalFile(fileOf("journal.bin"));
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

function unpack(zip: Uint8Array): Record<string, Uint8Array> {
  if (zip.length > MAX_ZIP_BYTES) {
    throw new ZerothError(
      "E-FILE-1",
      `This file has ${zip.length} bytes; a bundle has at most ${MAX_ZIP_BYTES}.`,
    );
  }
  const wanted = new Set<string>([...READ, "log_history.jsonl", "settings.json"]);
  try {
    return unzipSync(zip, {
      filter: ({ name, originalSize }) => wanted.has(name) && originalSize <= MAX_FILE_BYTES,
    });
  } catch (cause) {
    throw new ZerothError(
      "E-FILE-1",
      "This is no bundle of a run: it cannot be unpacked as a zip. Choose a zip saved from a run.",
      { cause },
    );
  }
}

function checkHashes(hashes: Uint8Array, files: Readonly<Record<string, Uint8Array>>): void {
  const { sha256: expected } = damagedUnless(() => hashesSchema.parse(parseJson(hashes)));
  for (const [name, bytes] of Object.entries(files)) {
    if (name === "hashes.json" || expected[name] === hashOf(bytes)) continue;
    throw damaged(`${name} does not match its checksum`);
  }
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
    throw damaged(cause instanceof Error ? cause.message.slice(0, 300) : "no reason given");
  }
}

function damaged(flaw: string): ZerothError {
  return new ZerothError(
    "E-FILE-3",
    `This bundle is damaged (${flaw}). Nothing of it was used; get it again.`,
  );
}
