import { type Reader, unzipRaw, type ZipEntry } from "unzipit";
import { type ErrorCode, ZerothError } from "#base/errors.ts";
import { count, listOf, quote } from "#base/text.ts";
import { type ByteSource, readExactly } from "./byteSource.ts";
import {
  isKind,
  type PickleDict,
  type PickleTensor,
  type PickleValue,
  readPickle,
} from "./pickle.ts";
import { notA, sniff } from "./sniff.ts";
import {
  BYTES_PER_ELEMENT,
  elementsOf,
  isSizeList,
  type StoredDType,
  type TensorPlace,
} from "./tensorSource.ts";

/** OPT-66B's has about 100 kB. Also bounds what a hostile end record can cause to be read. */
const MAX_DIRECTORY_BYTES = 4_000_000;
/** OPT-66B's has about 150 kB. Each of its operations costs constant time, so this bounds time too. */
const MAX_PICKLE_BYTES = 4_000_000;
const MAX_TENSORS = 10_000;
const MAX_RANK = 8;

const DTYPE_OF_STORAGE: ReadonlyMap<string, StoredDType> = new Map([
  ["torch.FloatStorage", "F32"],
  ["torch.HalfStorage", "F16"],
  ["torch.BFloat16Storage", "BF16"],
  ["torch.DoubleStorage", "F64"],
]);

/**
 * The tensors of a PyTorch file (`torch.save(model.state_dict())`), in the order of its dict; of a training
 * checkpoint, those of the one dict of tensors in it. Reads the archive's directory and its pickle, none of the
 * weights, and runs nothing.
 *
 * Tensors that share storage (a tied lm_head) are each given in full.
 *
 * @throws ZerothError E-FILE-1 not such a file, -2 cut short, -3 broken, -6 dangerous pickle
 * @see pytorch, torch/serialization.py, _load
 */
export async function readTorchZip(file: ByteSource): Promise<TensorPlace[]> {
  const kind = await sniff(file);
  if (kind !== "zip") throw notA("a PyTorch weight file", file, kind);
  const entries = await openArchive(file);
  const stateDict = await readStateDict(file, entries);
  const tensors: TensorPlace[] = [];
  for (const [name, tensor] of stateDict) tensors.push(await locate(file, entries, name, tensor));
  return tensors;
}

/** Entries of the archive's one folder, by their name inside it: `data.pkl`, `data/0`. */
type Entries = ReadonlyMap<string, ZipEntry>;

async function openArchive(file: ByteSource): Promise<Entries> {
  const all = await readDirectory(file);
  const pickles = [...all.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  const [pickle] = pickles;
  if (pickle === undefined || pickles.length !== 1) {
    throw new ZerothError(
      "E-FILE-1",
      `${quote(file.name)} is a ZIP archive with ${pickles.length} files "…/data.pkl"; a PyTorch ` +
        `checkpoint has 1. If the model's files are inside, unpack it and choose them.`,
    );
  }
  const root = pickle.slice(0, -"data.pkl".length);
  const entries = new Map<string, ZipEntry>();
  for (const [name, entry] of all) {
    if (name.startsWith(root)) entries.set(name.slice(root.length), entry);
  }
  await checkByteOrder(file, entries);
  return entries;
}

async function readDirectory(file: ByteSource): Promise<Map<string, ZipEntry>> {
  const { entries } = await explained(file, unzipRaw(readerOf(file)));
  const byName = new Map<string, ZipEntry>();
  for (const entry of entries) {
    if (byName.has(entry.name)) throw broken(file, `holds ${quote(entry.name)} twice`);
    byName.set(entry.name, entry);
  }
  return byName;
}

/** PyTorch before 2.1 wrote no such entry, and only ever little-endian in practice. */
async function checkByteOrder(file: ByteSource, entries: Entries): Promise<void> {
  const entry = entries.get("byteorder");
  if (entry === undefined) return;
  const { start, end } = await rangeOf(file, entry);
  const order = new TextDecoder().decode(await readExactly(file, start, Math.min(end, start + 16)));
  if (order !== "little") {
    throw new ZerothError(
      "E-FILE-4",
      `${quote(file.name)} was written with byte order ${quote(order)}; only "little" can be read. ` +
        `Load and save it once with PyTorch on a common computer.`,
    );
  }
}

async function readStateDict(
  file: ByteSource,
  entries: Entries,
): Promise<(readonly [string, PickleTensor])[]> {
  const { start, end } = await rangeOf(file, entries.get("data.pkl"));
  if (end - start > MAX_PICKLE_BYTES) {
    const limit = `at most ${count(MAX_PICKLE_BYTES)} are read`;
    throw broken(file, `holds a pickle of ${count(end - start)} bytes; ${limit}`);
  }
  const value = readPickle(await readExactly(file, start, end), file.name);
  if (!isKind(value, "dict")) throw notWeights(file, "a value that is no dict");
  const { entries: stateDict } = stateDictIn(file, value);
  if (stateDict.size > MAX_TENSORS) {
    throw notWeights(file, `${count(stateDict.size)} entries; at most ${count(MAX_TENSORS)}`);
  }
  return Array.from(stateDict, ([name, tensor]) => {
    if (typeof name !== "string") throw notWeights(file, "an entry without a name");
    if (!isKind(tensor, "tensor")) throw notWeights(file, `${quote(name)}, which is no tensor`);
    return [name, tensor] as const;
  });
}

/** The dict itself; or the only dict of tensors in it, as in `{"state_dict": {…}, "epoch": 3}`. */
function stateDictIn(file: ByteSource, dict: PickleDict): PickleDict {
  if ([...dict.entries.values()].some((value) => isKind(value, "tensor"))) return dict;
  const inner = [...dict.entries].flatMap(([name, value]) =>
    isKind(value, "dict") && isStateDict(value) ? [{ name, value }] : [],
  );
  const [only, second] = inner;
  if (only === undefined) return dict;
  if (second === undefined) return only.value;
  const names = inner.map(({ name }) =>
    typeof name === "string" ? name : "an entry without a name",
  );
  throw failure(
    "E-FILE-1",
    file,
    `holds several sets of weights (${listOf(names)}). Save the one that is meant with torch.save(…).`,
  );
}

function isStateDict({ entries }: PickleDict): boolean {
  return entries.size > 0 && [...entries.values()].every((value) => isKind(value, "tensor"));
}

/** The tensor's place in the file, after checking that it lies inside its storage. */
async function locate(
  file: ByteSource,
  entries: Entries,
  name: string,
  { storage, offset, shape, strides }: PickleTensor,
): Promise<TensorPlace> {
  const sizes = toSizes(shape);
  const steps = toSizes(strides);
  if (sizes === undefined || sizes.length > MAX_RANK || steps?.length !== sizes.length) {
    throw broken(file, `gives ${quote(name)} no readable shape`);
  }
  if (!isRowMajor(sizes, steps)) {
    throw new ZerothError(
      "E-FILE-4",
      `Tensor ${quote(name)} in ${quote(file.name)} is a transposed or strided view (shape ` +
        `[${sizes}], strides [${steps}]). Save it once more with .contiguous() in Python.`,
    );
  }
  if (!isKind(storage, "storage") || !isKind(storage.type, "name")) {
    throw broken(file, `gives ${quote(name)} no storage`);
  }
  const dtype = DTYPE_OF_STORAGE.get(storage.type.name);
  const [first, capacity] = toSizes({ kind: "list", items: [offset, storage.elements] }) ?? [];
  if (dtype === undefined) {
    throw failure(
      "E-FILE-4",
      file,
      `stores tensor ${quote(name)} as ${storage.type.name}; floats of 64, 32 and 16 bits can be read. ` +
        `Choose an unquantised copy of the model.`,
    );
  }
  if (first === undefined || capacity === undefined || typeof storage.key !== "string") {
    throw broken(file, `gives ${quote(name)} no readable storage`);
  }
  if (first + elementsOf(sizes) > capacity) {
    throw broken(
      file,
      `wants ${count(elementsOf(sizes))} elements from ${count(first)} for ${quote(name)}, of a ` +
        `storage of ${count(capacity)}`,
    );
  }
  const range = await rangeOf(file, entries.get(`data/${storage.key}`));
  const bytes = BYTES_PER_ELEMENT[dtype];
  if (capacity * bytes > range.end - range.start) {
    throw broken(
      file,
      `stores ${count(range.end - range.start)} bytes for ${quote(name)}; its pickle says ` +
        count(capacity * bytes),
    );
  }
  return { name, dtype, shape: sizes, offset: range.start + first * bytes };
}

function toSizes(value: PickleValue): readonly number[] | undefined {
  const items: unknown = isKind(value, "list") ? value.items : undefined;
  return isSizeList(items) ? items : undefined;
}

/** Whether strides are those of a contiguous tensor. An axis of size 1 may have any. */
function isRowMajor(shape: readonly number[], strides: readonly number[]): boolean {
  if (elementsOf(shape) === 0) return true;
  let expected = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const size = shape[axis]!;
    if (size !== 1 && strides[axis] !== expected) return false;
    expected *= size;
  }
  return true;
}

/** Where an entry's bytes lie in the file; the entry's own header is read and checked. */
async function rangeOf(file: ByteSource, entry: ZipEntry | undefined): Promise<FileRange> {
  if (entry === undefined) throw broken(file, "lacks a storage that its pickle names");
  if (entry.compressionMethod !== 0 || entry.encrypted) {
    const how = entry.encrypted ? "encrypted" : "compressed";
    throw broken(file, `holds ${quote(entry.name)} ${how}; PyTorch stores it plainly`);
  }
  const range = await explained(file, entry.blob());
  if (!(range instanceof FileRange)) throw broken(file, `holds ${quote(entry.name)} unreadably`);
  return range;
}

/** Stands for bytes [start, end) of a file without holding any. */
class FileRange extends Blob {
  readonly start: number;
  readonly end: number;

  constructor(start: number, end: number) {
    super();
    this.start = start;
    this.end = end;
  }
}

/**
 * The file as unzipit reads it. A stored entry's `blob()` is the result of `sliceAsBlob`, here a
 * `FileRange` with the position of the entry, so that gigabytes are never copied.
 */
function readerOf(file: ByteSource): Reader {
  return {
    getLength: () => Promise.resolve(file.sizeBytes),
    read: async (offset, size) => {
      if (size > MAX_DIRECTORY_BYTES) {
        throw broken(file, `has a directory of ${count(size)} bytes, which no checkpoint needs`);
      }
      return readExactly(file, offset, offset + size);
    },
    sliceAsBlob: (offset, length) => Promise.resolve(new FileRange(offset, offset + length)),
  };
}

/** Awaits a result of unzipit and turns its errors into ZerothErrors. */
async function explained<T>(file: ByteSource, promise: Promise<T>): Promise<T> {
  try {
    return await promise;
  } catch (cause) {
    if (cause instanceof ZerothError) throw cause;
    const message = cause instanceof Error ? cause.message : String(cause);
    if (message.includes("could not find end of central directory")) {
      throw new ZerothError(
        "E-FILE-2",
        `${quote(file.name)} is cut short: its ${count(file.sizeBytes)} bytes end without a ZIP ` +
          `directory. The download was probably interrupted; download it again.`,
        { cause },
      );
    }
    throw broken(file, `has a broken ZIP directory (${message})`);
  }
}

function notWeights(file: ByteSource, found: string): ZerothError {
  return failure(
    "E-FILE-1",
    file,
    `holds ${found}, not plain weights. Choose the model's weights, not a training checkpoint.`,
  );
}

function broken(file: ByteSource, flaw: string): ZerothError {
  return failure("E-FILE-3", file, `${flaw}. The file is damaged; download it again.`);
}

function failure(code: ErrorCode, file: ByteSource, rest: string): ZerothError {
  return new ZerothError(code, `${quote(file.name)} ${rest}`);
}
