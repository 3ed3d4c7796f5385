import {
  type ColumnChunk,
  type FileMetaData,
  parquetMetadata,
  parquetSchema,
  type RowGroup,
  type SchemaElement,
  type SchemaTree,
} from "hyparquet";
import { getMaxDefinitionLevel, getMaxRepetitionLevel } from "hyparquet/src/schema.js";
import { ZerothError } from "#base/errors.ts";
import { count, quote } from "#base/text.ts";
import { type ByteSource, readExactly } from "./byteSource.ts";
import { refuseManyColumns, refuseManyRows } from "./tableLimits.ts";
import { checkThrift } from "./thrift.ts";

/** A thousand row groups of ten columns have about 1.5 MB. */
const MAX_FOOTER_BYTES = 16_000_000;
/** Columns and the groups they nest in. */
const MAX_SCHEMA = 10_000;
/** A list is three deep. An empty one costs as many arrays as it has levels, at no byte of the file. */
const MAX_DEPTH = 32;
/** Columns of all row groups. A million rows in groups of a thousand, with 20 columns, have 20,000. */
const MAX_CHUNKS = 30_000;
/** Rows are held in memory. */
export const MAX_UNPACKED_BYTES = 1_000_000_000;
/** Once read, a value takes at least the eight bytes of its place in a list. */
const MAX_VALUES = MAX_UNPACKED_BYTES / 8;

/** A Parquet file whose footer is known to be sound. */
export interface ParquetFooter {
  /** Top-level columns, in order. */
  readonly schema: SchemaTree;
  readonly rows: number;
  readonly groups: readonly ParquetGroup[];
}

/** A row group with rows. */
export interface ParquetGroup {
  readonly rows: number;
  readonly chunks: readonly ParquetChunk[];
}

/** A column of a row group: its position in the file and its limits. */
export interface ParquetChunk {
  readonly column: ParquetColumn;
  readonly codec: string;
  readonly start: number;
  readonly end: number;
  readonly rows: number;
  readonly values: number;
}

export interface ParquetColumn {
  /** Quoted, for messages. */
  readonly name: string;
  readonly path: readonly string[];
  /** From the root of the schema to the column. */
  readonly schemaPath: SchemaTree[];
  readonly maxRepetitionLevel: number;
  readonly maxDefinitionLevel: number;
}

/**
 * Reads the footer of a Parquet file and checks the numbers that reading goes by: rows come from the row groups,
 * not from the file, and bytes from wherever a chunk says they are.
 *
 * @throws ZerothError E-DATA-9 if the file is too large; Error if the footer contradicts itself or the file
 */
export async function readFooter(
  name: string,
  file: ByteSource,
  rowsBefore: number,
): Promise<ParquetFooter> {
  const metadata = parquetMetadata(await footerBytes(file), { geoparquet: false });
  const rows = whole(metadata.num_rows, "its number of rows");
  refuseTooMuch(name, metadata, rows + rowsBefore);
  checkSchema(name, metadata.schema);
  const schema = parquetSchema(metadata);
  withoutVariants(schema);
  const groups = groupsOf(metadata.row_groups, schema);
  const groupRows = groups.reduce((sum, group) => sum + group.rows, 0);
  if (groupRows !== rows) {
    throw new Error(`its row groups have ${count(groupRows)} rows, but it claims ${count(rows)}`);
  }
  const chunks = groups.flatMap((group) => group.chunks);
  refuseManyValues(name, chunks, file.sizeBytes);
  refuseOverlong(name, chunks, file.sizeBytes);
  return { schema, rows, groups };
}

/** The number if it is whole and not negative. A footer may hold anything in its place. */
export function whole(value: unknown, what: string): number {
  const number = typeof value === "bigint" ? Number(value) : value;
  if (typeof number === "number" && Number.isSafeInteger(number) && number >= 0) return number;
  throw new Error(`${what} should be a whole number`);
}

export function unpacksTo(name: string, size: string): ZerothError {
  return new ZerothError(
    "E-DATA-9",
    `${quote(name)} unpacks to ${size}; at most 1 GB is read. Take a part.`,
  );
}

/** The footer followed by its length and magic, as hyparquet takes it. */
async function footerBytes(file: ByteSource): Promise<Uint8Array<ArrayBuffer>> {
  const { sizeBytes } = file;
  if (sizeBytes < 12) throw new Error(`it has only ${sizeBytes} bytes`);
  const tail = await readExactly(file, sizeBytes - 8, sizeBytes);
  if (String.fromCharCode(...tail.subarray(4)) !== "PAR1") {
    throw new Error("it does not end as a Parquet file does; is it cut short?");
  }
  const length = new DataView(tail.buffer).getUint32(0, true);
  if (length > sizeBytes - 12) throw new Error("its footer is longer than the file");
  if (length > MAX_FOOTER_BYTES) {
    throw new Error(
      `its footer has ${count(length)} bytes; at most ${count(MAX_FOOTER_BYTES)} are read`,
    );
  }
  const bytes = await readExactly(file, sizeBytes - 8 - length, sizeBytes);
  let chunks = 0;
  checkThrift(new DataView(bytes.buffer, 0, length), 0, {
    list: ([groups, columns, ...deeper], size) => {
      if (groups !== 4 || deeper.length > 0) return;
      if (columns === 1) chunks += size;
      const parts = Math.max(chunks, columns === undefined ? size : 0);
      if (parts > MAX_CHUNKS) {
        throw new Error(
          `its row groups are cut into ${count(parts)} or more parts; at most ` +
            `${count(MAX_CHUNKS)} are read`,
        );
      }
    },
    binary: ([groups, columns, metadata, statistics], start, end) => {
      // Statistics are not used, and reading a long decimal in them would take quadratic time.
      const isStatistic = groups === 4 && columns === 1 && metadata === 3 && statistics === 12;
      if (isStatistic) bytes.fill(0, start, end);
    },
  });
  return bytes;
}

function refuseTooMuch(name: string, metadata: FileMetaData, rows: number): void {
  refuseManyRows(name, rows);
  const bytes = metadata.row_groups.reduce((sum, group) => sum + Number(group.total_byte_size), 0);
  if (bytes > MAX_UNPACKED_BYTES) throw unpacksTo(name, `${(bytes / 1e9).toFixed(1)} GB`);
}

/** Checks that the list of elements describes one tree; each element has its number of children. */
function checkSchema(name: string, schema: readonly SchemaElement[]): void {
  if (schema.length > MAX_SCHEMA) throw new Error(`its schema has ${count(schema.length)} entries`);
  refuseManyColumns(name, whole(schema[0]?.num_children ?? 0, "its width"));
  /** Children still to come, of every element on the way to the current one. */
  const pending: number[] = [];
  for (const [index, element] of schema.entries()) {
    if (index > 0 && pending.length === 0) throw new Error("its schema has two roots");
    if (pending.length > MAX_DEPTH) throw new Error(`a column is nested ${pending.length} deep`);
    const children = whole(element.num_children ?? 0, "a column's number of fields");
    if (pending.length > 0) pending[pending.length - 1]! -= 1;
    if (children > 0) pending.push(children);
    while (pending.at(-1) === 0) pending.pop();
  }
  if (pending.length > 0) throw new Error("its schema lacks columns");
}

/**
 * Columns of type VARIANT become plain structs of bytes: their values may refer to themselves, and reading one
 * would then never end. Shapes would be read as nested lists; bytes tell as little and cost nothing.
 */
function withoutVariants(node: SchemaTree): void {
  const type = node.element.logical_type?.type;
  if (type === "VARIANT" || type === "GEOMETRY" || type === "GEOGRAPHY") {
    delete node.element.logical_type;
  }
  for (const child of node.children) withoutVariants(child);
}

function groupsOf(rowGroups: readonly RowGroup[], schema: SchemaTree): readonly ParquetGroup[] {
  const leaves = leavesOf(schema);
  return rowGroups.flatMap((group, index) => {
    const rows = whole(group.num_rows, `the number of rows of row group ${index + 1}`);
    // Some writers give false positions for the bytes of an empty group.
    if (rows === 0) return [];
    const seen = new Set<ParquetColumn>();
    const chunks = group.columns.map((chunk) => {
      const column = columnOf(chunk, leaves);
      if (seen.has(column))
        throw new Error(`row group ${index + 1} has column ${column.name} twice`);
      seen.add(column);
      return chunkOf(chunk, column, rows);
    });
    return [{ rows, chunks }];
  });
}

/** Columns by their path in JSON. */
function leavesOf(schema: SchemaTree): ReadonlyMap<string, ParquetColumn> {
  const leaves = new Map<string, ParquetColumn>();
  const collect = (schemaPath: SchemaTree[]) => {
    const node = schemaPath.at(-1)!;
    for (const child of node.children) collect([...schemaPath, child]);
    if (node.children.length > 0 || schemaPath.length === 1) return;
    leaves.set(JSON.stringify(node.path), {
      name: quote(node.path.join(".")),
      path: node.path,
      schemaPath,
      maxRepetitionLevel: getMaxRepetitionLevel(schemaPath),
      maxDefinitionLevel: getMaxDefinitionLevel(schemaPath),
    });
  };
  collect([schema]);
  return leaves;
}

function columnOf(
  { meta_data: meta, file_path: elsewhere }: ColumnChunk,
  leaves: ReadonlyMap<string, ParquetColumn>,
): ParquetColumn {
  if (meta === undefined) throw new Error("a column of it is without metadata");
  if (elsewhere) throw new Error("its columns lie in other files");
  const column = leaves.get(JSON.stringify(meta.path_in_schema));
  if (column !== undefined) return column;
  throw new Error(`${quote(meta.path_in_schema.join("."))} is a column its schema does not have`);
}

function chunkOf(
  { meta_data: meta }: ColumnChunk,
  column: ParquetColumn,
  rows: number,
): ParquetChunk {
  const { name, maxRepetitionLevel } = column;
  const values = whole(meta?.num_values, `the number of values of ${name}`);
  if (maxRepetitionLevel === 0 && values > rows) {
    throw new Error(`${name} has ${count(values)} values for ${count(rows)} rows`);
  }
  // 0 means no dictionary.
  const first = meta?.dictionary_page_offset || meta?.data_page_offset;
  const start = whole(first, `the place of ${name}`);
  const end = start + whole(meta?.total_compressed_size, `the size of ${name}`);
  return { column, codec: String(meta?.codec), start, end, rows, values };
}

/** A small file may describe millions of nulls or empty lists: their number is bounded by the file's size. */
function refuseManyValues(name: string, chunks: readonly ParquetChunk[], fileBytes: number): void {
  const limit = Math.min(MAX_VALUES, 2_000_000 + 16 * fileBytes);
  // An empty list is an array on each of its levels.
  const cost = ({ column, values }: ParquetChunk) => values * (column.schemaPath.length - 1);
  const values = chunks.reduce((sum, chunk) => sum + cost(chunk), 0);
  if (values <= limit) return;
  throw new ZerothError(
    "E-DATA-9",
    `${quote(name)} describes ${count(values)} values in ${count(fileBytes)} bytes; at most ` +
      `${count(limit)} are read. Take a part.`,
  );
}

/** Chunks do not overlap, so together they are no longer than the file they lie in. */
function refuseOverlong(name: string, chunks: readonly ParquetChunk[], fileBytes: number): void {
  const bytes = chunks.reduce((sum, { start, end }) => sum + end - start, 0);
  if (bytes > fileBytes || chunks.some(({ end }) => end > fileBytes)) {
    throw new Error(`its columns do not fit into its ${count(fileBytes)} bytes`);
  }
  if (bytes > MAX_UNPACKED_BYTES) throw unpacksTo(name, `over ${(bytes / 1e9).toFixed(1)} GB`);
}
