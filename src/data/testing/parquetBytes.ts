/** A value of Thrift's compact protocol: i32, i64, text, bytes, list or struct (by number of field). */
type Thrift = number | bigint | string | Uint8Array | readonly Thrift[] | ThriftStruct;
export interface ThriftStruct {
  readonly [field: number]: Thrift;
}

/** Numbers of the format, as its parquet.thrift has them. */
const [INT32, REQUIRED, PLAIN, RLE, VERSION] = [1, 0, 0, 3, 2];
const codecs = { none: 0, snappy: 1, gzip: 2 } as const;
/** Physical types. */
export const [INT64, BYTE_ARRAY, FIXED] = [2, 6, 7];
/** Converted types. */
export const [DECIMAL, JSON_TEXT] = [5, 19];

export interface ParquetColumn {
  readonly name: string;
  /** In the schema; its name alone without it. */
  readonly path?: readonly string[];
  readonly pages: readonly Uint8Array[];
  /** Values it claims to have. */
  readonly values: number;
  readonly codec?: keyof typeof codecs;
  /** Bytes it claims to lie in; those of its pages without it. */
  readonly packedBytes?: bigint;
  /** Its element of the schema, where it is not a required whole number. */
  readonly element?: ThriftStruct;
  readonly statistics?: ThriftStruct;
}

export interface ParquetGroup {
  readonly rows: bigint;
  readonly columns: readonly ParquetColumn[];
}

/**
 * A Parquet file of flat columns, as true or as false as its parts are.
 *
 * @param elements of the schema below its root, where they are not those of the columns
 */
export function parquetBytes(
  rows: bigint,
  groups: readonly ParquetGroup[],
  elements?: readonly ThriftStruct[],
): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [ascii("PAR1")];
  let length = 4;
  const rowGroups = groups.map((group): Thrift => {
    const start = length;
    const chunks = group.columns.map((column): Thrift => {
      const at = BigInt(length);
      parts.push(...column.pages);
      for (const page of column.pages) length += page.length;
      const size = column.packedBytes ?? BigInt(length) - at;
      const counts = { 5: BigInt(column.values), 6: size, 7: size, 9: at };
      const codec = codecs[column.codec ?? "none"];
      const type = column.element?.[1] ?? INT32;
      const { statistics } = column;
      const more = statistics ? { 12: statistics } : {};
      return {
        2: at,
        3: { 1: type, 2: [PLAIN], 3: column.path ?? [column.name], 4: codec, ...counts, ...more },
      };
    });
    return { 1: chunks, 2: BigInt(length - start), 3: group.rows };
  });
  const columns = groups[0]?.columns ?? [];
  const leaves = columns.map(
    ({ name, element }): ThriftStruct => ({ 1: INT32, 3: REQUIRED, 4: name, ...element }),
  );
  const schema = [{ 4: "schema", 5: columns.length }, ...(elements ?? leaves)];
  const footer = struct({ 1: VERSION, 2: schema, 3: rows, 4: rowGroups });
  return join([...parts, footer, u32(footer.length), ascii("PAR1")]);
}

/** A page of whole numbers. `values` and `unpackedBytes` are what it claims. */
export function numbersPage(
  numbers: readonly number[],
  {
    values = numbers.length,
    packed = join(numbers.map(u32)),
    unpackedBytes = packed.length,
  }: { values?: number; packed?: Uint8Array; unpackedBytes?: number } = {},
): Uint8Array {
  const data = { 1: values, 2: PLAIN, 3: RLE, 4: RLE };
  return join([struct({ 1: 0, 2: unpackedBytes, 3: packed.length, 5: data }), packed]);
}

/** A page of any bytes. @param encoding by its number in the format: 0 is plain, 3 runs, 7 delta of texts */
export function dataPage(
  values: number,
  encoding: number,
  packed: Uint8Array,
  unpackedBytes = packed.length,
): Uint8Array {
  const data = { 1: values, 2: encoding, 3: RLE, 4: RLE };
  return join([struct({ 1: 0, 2: unpackedBytes, 3: packed.length, 5: data }), packed]);
}

/** A page of version 2: the same, with nulls counted and levels before the values. */
export function secondVersionPage(
  numbers: readonly number[],
  { nulls = 0, rows = numbers.length, levelBytes = 0 } = {},
): Uint8Array {
  const packed = join(numbers.map(u32));
  const levels = { 5: levelBytes, 6: 0 };
  const data = { 1: numbers.length, 2: nulls, 3: rows, 4: PLAIN, ...levels };
  return join([struct({ 1: 3, 2: packed.length, 3: packed.length, 8: data }), packed]);
}

/** A page of words for later pages to point at, all of it claimed. */
export function dictionaryPage(entries: number): Uint8Array {
  return struct({ 1: 2, 2: 0, 3: 0, 7: { 1: entries, 2: PLAIN } });
}

export function struct(fields: ThriftStruct): Uint8Array {
  const parts: Uint8Array[] = [];
  let last = 0;
  for (const [key, value] of Object.entries(fields)) {
    const [type, bytes] = encoded(value);
    parts.push(Uint8Array.of(((Number(key) - last) << 4) | type), bytes);
    last = Number(key);
  }
  return join([...parts, Uint8Array.of(0)]);
}

/** Type and bytes of a value. */
function encoded(value: Thrift): readonly [number, Uint8Array] {
  if (typeof value === "number") return [5, varint(zigzag(BigInt(value)))];
  if (typeof value === "bigint") return [6, varint(zigzag(value))];
  if (typeof value === "string") return [8, join([varint(BigInt(value.length)), ascii(value)])];
  if (value instanceof Uint8Array) return [8, join([varint(BigInt(value.length)), value])];
  if (!isList(value)) return [12, struct(value)];
  const items = value.map(encoded);
  const [type] = items[0] ?? [12];
  const head = [Uint8Array.of(0xf0 | type), varint(BigInt(items.length))];
  return [9, join([...head, ...items.map(([, bytes]) => bytes)])];
}

function isList(value: readonly Thrift[] | ThriftStruct): value is readonly Thrift[] {
  return Array.isArray(value);
}

function zigzag(value: bigint): bigint {
  return value < 0n ? -2n * value - 1n : 2n * value;
}

export function varint(value: bigint): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  return Uint8Array.from([...bytes, Number(rest)]);
}

export function u32(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}

function ascii(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}

export function join(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
