import { ZerothError } from "#base/errors.ts";
import { count, quote } from "#base/text.ts";

// A restricted reader for the pickles PyTorch writes: it builds plain data and can do nothing else.
//
// The package pickleparser was tried behind an allow-list of names and left: it knows no allow-list
// of opcodes (NEWOBJ and INST construct with Reflect, BUILD assigns into whatever lies on the stack,
// DICT writes keys such as "__proto__" by plain assignment), turns an unknown memo entry into
// undefined, and spreads lists of any length into arguments. Guarding all that is longer than this.

/** A pickled value. Names and persistent ids stay data; nothing is ever looked up or called. */
export type PickleValue =
  | null
  | boolean
  | number
  | string
  | PickleList
  | PickleDict
  | PickleName
  | PickleStorage
  | PickleTensor;

/** A tuple or a list; nothing here depends on which. */
export interface PickleList {
  readonly kind: "list";
  readonly items: PickleValue[];
}

/** A dict or an OrderedDict. */
export interface PickleDict {
  readonly kind: "dict";
  readonly entries: Map<PickleValue, PickleValue>;
}

export interface PickleName {
  readonly kind: "name";
  readonly name: AllowedName;
}

/** ("storage", type, key, device, elements): a reference to a file of the archive. */
export interface PickleStorage {
  readonly kind: "storage";
  readonly type: PickleValue;
  readonly key: PickleValue;
  readonly elements: PickleValue;
}

/** The arguments of `_rebuild_tensor_v2`, not checked yet. */
export interface PickleTensor {
  readonly kind: "tensor";
  readonly storage: PickleValue;
  readonly offset: PickleValue;
  readonly shape: PickleValue;
  readonly strides: PickleValue;
}

export type AllowedName = (typeof ALLOWED_NAMES)[number];

const ALLOWED_NAMES = [
  "collections.OrderedDict",
  "torch._utils._rebuild_tensor_v2",
  "torch._utils._rebuild_parameter",
  "torch.DoubleStorage",
  "torch.FloatStorage",
  "torch.HalfStorage",
  "torch.BFloat16Storage",
  // Counters and random states in a training checkpoint; no weights are read from these.
  "torch.LongStorage",
  "torch.IntStorage",
  "torch.ShortStorage",
  "torch.CharStorage",
  "torch.ByteStorage",
  "torch.BoolStorage",
] as const;

/** Most values on the stack, open marks, and memo entries. */
const MAX_DEPTH = 100_000;

/**
 * The value a pickle describes. Costs time and memory in proportion to its bytes, no more.
 *
 * @param fileName for the sentences
 * @throws ZerothError E-FILE-6 if it names or asks for anything but tensors; E-FILE-3 if it is broken
 */
export function readPickle(bytes: Uint8Array<ArrayBuffer>, fileName: string): PickleValue {
  return new Unpickler(bytes, fileName).run();
}

class Unpickler {
  private readonly bytes: Uint8Array<ArrayBuffer>;
  private readonly view: DataView;
  private readonly fileName: string;
  private position = 0;
  private readonly stack: PickleValue[] = [];
  /** Heights of the stack where a MARK was set. */
  private readonly marks: number[] = [];
  private readonly memo = new Map<number, PickleValue>();

  constructor(bytes: Uint8Array<ArrayBuffer>, fileName: string) {
    this.bytes = bytes;
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.fileName = fileName;
  }

  run(): PickleValue {
    for (;;) {
      const opcode = this.readUint(1);
      if (opcode === STOP) return this.pop();
      this.step(opcode);
      if (Math.max(this.stack.length, this.marks.length, this.memo.size) > MAX_DEPTH) {
        throw this.broken(`more than ${count(MAX_DEPTH)} values open at once`);
      }
    }
  }

  private step(opcode: number): void {
    switch (opcode) {
      case 0x80: // PROTO
        this.readUint(1);
        break;
      case 0x28: // MARK
        this.marks.push(this.stack.length);
        break;
      case 0x62: // BUILD: an OrderedDict's attributes, in PyTorch only "_metadata", which we drop
        this.pop();
        this.top();
        break;
      case 0x71: // BINPUT
        this.memo.set(this.readUint(1), this.top());
        break;
      case 0x72: // LONG_BINPUT
        this.memo.set(this.readUint(4), this.top());
        break;
      case 0x61: // APPEND
        this.append(this.popMany(1));
        break;
      case 0x65: // APPENDS
        this.append(this.popToMark());
        break;
      case 0x73: // SETITEM
        this.setItems(this.popMany(2));
        break;
      case 0x75: // SETITEMS
        this.setItems(this.popToMark());
        break;
      default: {
        const value = this.readScalar(opcode) ?? this.makeObject(opcode);
        if (value === undefined) throw this.refuseOpcode(opcode);
        this.stack.push(value);
      }
    }
  }

  /** The number, text or truth value that `opcode` pushes; undefined if it pushes none. */
  private readScalar(opcode: number): boolean | number | string | undefined {
    switch (opcode) {
      case 0x88: // NEWTRUE
      case 0x89: // NEWFALSE
        return opcode === 0x88;
      case 0x4b: // BININT1
        return this.readUint(1);
      case 0x4d: // BININT2
        return this.readUint(2);
      case 0x4a: // BININT
        return this.view.getInt32(this.advance(4), true);
      case 0x8a: // LONG1
        return this.readLong(this.readUint(1));
      case 0x47: // BINFLOAT, the one big-endian number
        return this.view.getFloat64(this.advance(8), false);
      case 0x58: // BINUNICODE
        return this.readText(this.readUint(4));
      case 0x55: // SHORT_BINSTRING, from Python 2
        return this.readText(this.readUint(1));
      default:
        return undefined;
    }
  }

  /** The None, collection, name, call result or memo entry that `opcode` pushes, or undefined. */
  private makeObject(opcode: number): PickleValue | undefined {
    switch (opcode) {
      case 0x4e: // NONE
        return null;
      case 0x29: // EMPTY_TUPLE
      case 0x5d: // EMPTY_LIST
        return { kind: "list", items: [] };
      case 0x7d: // EMPTY_DICT
        return { kind: "dict", entries: new Map() };
      case 0x85: // TUPLE1
      case 0x86: // TUPLE2
      case 0x87: // TUPLE3
        return { kind: "list", items: this.popMany(opcode - 0x84) };
      case 0x74: // TUPLE
        return { kind: "list", items: this.popToMark() };
      case 0x63: // GLOBAL
        return this.resolve(this.readLine(), this.readLine());
      case 0x51: // BINPERSID
        return this.storage(this.pop());
      case 0x52: // REDUCE
        return this.reduce();
      case 0x68: // BINGET
        return this.recall(this.readUint(1));
      case 0x6a: // LONG_BINGET
        return this.recall(this.readUint(4));
      default:
        return undefined;
    }
  }

  private append(items: readonly PickleValue[]): void {
    const list = this.top();
    if (!isKind(list, "list")) throw this.broken("values appended to something that is no list");
    for (const item of items) list.items.push(item);
  }

  private setItems(items: readonly PickleValue[]): void {
    const dict = this.top();
    if (!isKind(dict, "dict")) throw this.broken("entries set in something that is no dict");
    if (items.length % 2 !== 0) throw this.broken("a key without a value");
    for (let i = 0; i < items.length; i += 2) dict.entries.set(items[i]!, items[i + 1]!);
  }

  private resolve(module: string, name: string): PickleName {
    const wanted = `${module}.${name}`;
    const allowed = ALLOWED_NAMES.find((known) => known === wanted);
    if (allowed === undefined) {
      throw new ZerothError(
        "E-FILE-6",
        `${quote(this.fileName)} asks for ${quote(wanted)}, which plain weights in floats do ` +
          `not need. It was not opened, and nothing in it was run. Choose safetensors or another copy.`,
      );
    }
    return { kind: "name", name: allowed };
  }

  private storage(id: PickleValue): PickleStorage {
    if (!isKind(id, "list")) throw this.broken("a persistent id that is no tuple");
    const [tag, type, key, , elements] = id.items;
    if (tag !== "storage" || type === undefined || key === undefined || elements === undefined) {
      throw this.broken("a persistent id that is no storage");
    }
    return { kind: "storage", type, key, elements };
  }

  /** The three calls that PyTorch writes, each as the plain data it stands for. */
  private reduce(): PickleValue {
    const args = this.pop();
    const callee = this.pop();
    if (!isKind(callee, "name") || !isKind(args, "list")) {
      throw this.broken("a call of something that is no function");
    }
    switch (callee.name) {
      case "collections.OrderedDict":
        if (args.items.length > 0) throw this.broken("an OrderedDict with arguments");
        return { kind: "dict", entries: new Map() };
      case "torch._utils._rebuild_tensor_v2": {
        const [storage = null, offset = null, shape = null, strides = null] = args.items;
        return { kind: "tensor", storage, offset, shape, strides };
      }
      case "torch._utils._rebuild_parameter":
        return args.items[0] ?? null;
      case "torch.DoubleStorage":
      case "torch.FloatStorage":
      case "torch.HalfStorage":
      case "torch.BFloat16Storage":
      case "torch.LongStorage":
      case "torch.IntStorage":
      case "torch.ShortStorage":
      case "torch.CharStorage":
      case "torch.ByteStorage":
      case "torch.BoolStorage":
        throw this.broken(`a call of ${callee.name}`);
      default:
        return callee.name satisfies never;
    }
  }

  private pop(): PickleValue {
    const value = this.top();
    this.stack.pop();
    return value;
  }

  /** The topmost value above the last mark. */
  private top(): PickleValue {
    const value = this.stack.at(-1);
    if (value === undefined || this.stack.length <= (this.marks.at(-1) ?? 0)) {
      throw this.broken("a value taken from an empty stack");
    }
    return value;
  }

  private popMany(howMany: number): PickleValue[] {
    if (this.stack.length - howMany < (this.marks.at(-1) ?? 0)) {
      throw this.broken("a value taken from an empty stack");
    }
    return this.stack.splice(this.stack.length - howMany);
  }

  private popToMark(): PickleValue[] {
    const mark = this.marks.pop();
    if (mark === undefined) throw this.broken("a collection without its beginning");
    return this.stack.splice(mark);
  }

  private recall(index: number): PickleValue {
    const value = this.memo.get(index);
    if (value === undefined) throw this.broken(`memo entry ${index} before it was stored`);
    return value;
  }

  /** Moves on by `length` bytes and gives the position before them. */
  private advance(length: number): number {
    const start = this.position;
    if (length > this.bytes.length - start) throw this.broken("an end before STOP");
    this.position = start + length;
    return start;
  }

  private readUint(size: 1 | 2 | 4): number {
    const at = this.advance(size);
    if (size === 1) return this.view.getUint8(at);
    return size === 2 ? this.view.getUint16(at, true) : this.view.getUint32(at, true);
  }

  /** A little-endian two's complement integer. */
  private readLong(size: number): number {
    const start = this.advance(size);
    let value = 0n;
    for (let i = 0; i < size; i++) value |= BigInt(this.bytes[start + i]!) << BigInt(8 * i);
    const number = Number(BigInt.asIntN(8 * size, value));
    if (!Number.isSafeInteger(number)) throw this.broken("a number beyond 2^53");
    return number;
  }

  private readText(size: number): string {
    const start = this.advance(size);
    return UTF8.decode(this.bytes.subarray(start, start + size));
  }

  private readLine(): string {
    const end = this.bytes.indexOf(0x0a, this.position);
    if (end < 0) throw this.broken("an end before STOP");
    const line = this.readText(end - this.position);
    this.advance(1);
    return line;
  }

  private refuseOpcode(opcode: number): ZerothError {
    return new ZerothError(
      "E-FILE-6",
      `${quote(this.fileName)} uses pickle operation 0x${opcode.toString(16).padStart(2, "0")}, ` +
        `which PyTorch does not write for weights. It was not opened, and nothing in it was run. ` +
        `Choose safetensors or another copy.`,
    );
  }

  private broken(what: string): ZerothError {
    return new ZerothError(
      "E-FILE-3",
      `${quote(this.fileName)} holds a broken pickle: ${what} (byte ${count(this.position)}). ` +
        `Download it again.`,
    );
  }
}

const STOP = 0x2e;
const UTF8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** Whether a pickled value is of one of the kinds that are objects. */
export function isKind<K extends Extract<PickleValue, object>["kind"]>(
  value: PickleValue | undefined,
  kind: K,
): value is Extract<PickleValue, { kind: K }> {
  return typeof value === "object" && value !== null && value.kind === kind;
}
