/** Types of Thrift's compact protocol, as far as Parquet uses them. */
const [STOP, TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, STRUCT] = [
  0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 12,
];
/** Parquet's own structures are eight deep. */
const MAX_DEPTH = 32;
/** A number of 64 bits takes at most ten bytes. */
const MAX_VARINT_BYTES = 10;

/** What is called on the way. A path is the field numbers from the outermost struct inwards; lists add nothing. */
export interface ThriftVisitor {
  /** A text or byte string in bytes [start, end). */
  binary(path: readonly number[], start: number, end: number): void;
  list(path: readonly number[], size: number): void;
}

/**
 * Walks through a Thrift struct in the compact protocol without building it, and returns the offset after it.
 *
 * hyparquet allocates lists by the length they claim, reads numbers of any length and nests without bound.
 * After this check, all three are bounded by the bytes of the struct.
 *
 * @throws Error if the struct is malformed or leaves the view
 */
export function checkThrift(view: DataView, start: number, visitor?: ThriftVisitor): number {
  const path: number[] = [];
  let at = start;

  const byte = () => {
    if (at >= view.byteLength) throw new Error("a structure ends before its last byte");
    return view.getUint8(at++);
  };
  const varint = () => {
    let value = 0;
    for (let i = 0; i < MAX_VARINT_BYTES; i++) {
      const next = byte();
      value += (next & 0x7f) * 2 ** (7 * i);
      if (next < 0x80) return value;
    }
    throw new Error(`a number takes more than ${MAX_VARINT_BYTES} bytes`);
  };
  const skip = (bytes: number) => {
    if (bytes > view.byteLength - at) throw new Error("a structure ends before its last byte");
    at += bytes;
  };

  const struct = (depth: number) => {
    if (depth > MAX_DEPTH) throw new Error(`its structures are nested more than ${MAX_DEPTH} deep`);
    let field = 0;
    for (;;) {
      const head = byte();
      const type = head & 0x0f;
      if (type === STOP) return;
      const delta = head >> 4;
      if (delta > 0) field += delta;
      else {
        const zigzag = varint();
        field = zigzag % 2 === 0 ? zigzag / 2 : -(zigzag + 1) / 2;
      }
      path.push(field);
      element(type, depth, false);
      path.pop();
    }
  };

  const element = (type: number, depth: number, inList: boolean) => {
    switch (type) {
      case TRUE:
      case FALSE:
        // A field's value is its type; in a list it takes a byte.
        if (inList) skip(1);
        break;
      case BYTE:
        skip(1);
        break;
      case I16:
      case I32:
      case I64:
        varint();
        break;
      case DOUBLE:
        skip(8);
        break;
      case BINARY: {
        const length = varint();
        skip(length);
        visitor?.binary(path, at - length, at);
        break;
      }
      case LIST: {
        if (depth >= MAX_DEPTH)
          throw new Error(`its structures are nested more than ${MAX_DEPTH} deep`);
        const head = byte();
        const size = head >> 4 === 15 ? varint() : head >> 4;
        // Every element takes at least a byte.
        if (size > view.byteLength - at) {
          throw new Error(`a list claims ${size} elements in ${view.byteLength - at} bytes`);
        }
        visitor?.list(path, size);
        for (let i = 0; i < size; i++) element(head & 0x0f, depth + 1, true);
        break;
      }
      case STRUCT:
        struct(depth + 1);
        break;
      default:
        throw new Error(`a structure has a field of unknown type ${type}`);
    }
  };

  struct(0);
  return at;
}
