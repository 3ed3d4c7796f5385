import { type ColumnChunk, type FileMetaData, parquetSchema, type SchemaTree } from "hyparquet";
import { ZerothError } from "#base/errors.ts";
import { count, quote } from "#base/quote.ts";
import { refuseManyColumns } from "./tableText.ts";

const MAX_ROWS = 1_000_000;
/** Rows are held in memory. */
export const MAX_UNPACKED_BYTES = 1_000_000_000;
/** Once read, a value takes at least the eight bytes of its place in a list. */
const MAX_VALUES = MAX_UNPACKED_BYTES / 8;
/** Columns and the groups they nest in. The reader goes through all of them for every row group. */
const MAX_SCHEMA = 10_000;
/** A list is three deep. An empty one costs as many arrays as it has levels, at no byte of the file. */
const MAX_DEPTH = 32;

/** A column of a row group: where it lies, and what it may hold at most. */
export interface ParquetChunk {
  readonly column: string;
  readonly start: number;
  readonly end: number;
  readonly rows: number;
  readonly values: number;
}

/**
 * The chunks the reader will go through, checked by the numbers it goes by: it takes rows from the
 * row groups, not from the file, and bytes from wherever a chunk says they are.
 *
 * @throws ZerothError E-DATA-1 if they are too much; Error if they contradict each other or the file
 */
export function parquetChunks(
  name: string,
  metadata: FileMetaData,
  { fileBytes, rowsBefore }: { readonly fileBytes: number; readonly rowsBefore: number },
): readonly ParquetChunk[] {
  const rows = whole(metadata.num_rows, "its number of rows");
  refuseTooMuch(name, metadata, rows + rowsBefore);
  refuseManyColumns(quote(name), whole(metadata.schema[0]?.num_children ?? 0, "its width"));
  const leaves = leavesOf(metadata);
  const chunks: ParquetChunk[] = [];
  let groupRows = 0;
  for (const [index, group] of metadata.row_groups.entries()) {
    const inGroup = whole(group.num_rows, `the number of rows of row group ${index + 1}`);
    groupRows += inGroup;
    // The reader skips these, and some writers say nothing true of where their bytes are.
    if (inGroup === 0) continue;
    const seen = new Set<Leaf>();
    for (const column of group.columns) {
      const leaf = leafOf(column, leaves);
      if (seen.has(leaf)) throw new Error(`row group ${index + 1} has column ${leaf.name} twice`);
      seen.add(leaf);
      chunks.push(chunkOf(column, leaf, inGroup));
    }
  }
  if (groupRows !== rows) {
    throw new Error(`its row groups have ${count(groupRows)} rows, but it claims ${count(rows)}`);
  }
  refuseOverlong(name, chunks, fileBytes);
  return chunks;
}

/** The number if it is whole and not negative. Metadata may hold anything where one is due. */
export function whole(value: unknown, what: string): number {
  const number = typeof value === "bigint" ? Number(value) : value;
  if (typeof number === "number" && Number.isSafeInteger(number) && number >= 0) return number;
  throw new Error(`${what} should be a whole number`);
}

export function unpacksTo(name: string, size: string): ZerothError {
  return new ZerothError(
    "E-DATA-1",
    `${quote(name)} unpacks to ${size}; at most 1 GB is read. Take a part.`,
  );
}

function refuseTooMuch(name: string, metadata: FileMetaData, rows: number): void {
  if (rows > MAX_ROWS) throw tooMany(name, rows, MAX_ROWS, "rows");
  const bytes = metadata.row_groups.reduce((sum, group) => sum + Number(group.total_byte_size), 0);
  if (bytes > MAX_UNPACKED_BYTES) throw unpacksTo(name, `${(bytes / 1e9).toFixed(1)} GB`);
}

/** Chunks do not overlap, so together they are no longer than the file they lie in. */
function refuseOverlong(name: string, chunks: readonly ParquetChunk[], fileBytes: number): void {
  const values = chunks.reduce((sum, chunk) => sum + chunk.values, 0);
  if (values > MAX_VALUES) throw tooMany(name, values, MAX_VALUES, "values");
  const bytes = chunks.reduce((sum, { start, end }) => sum + end - start, 0);
  if (bytes > fileBytes || chunks.some(({ end }) => end > fileBytes)) {
    throw new Error(`its columns do not fit into its ${count(fileBytes)} bytes`);
  }
  if (bytes > MAX_UNPACKED_BYTES) throw unpacksTo(name, `over ${(bytes / 1e9).toFixed(1)} GB`);
}

function tooMany(name: string, found: number, limit: number, noun: string): ZerothError {
  return new ZerothError(
    "E-DATA-1",
    `${quote(name)} has ${count(found)} ${noun}; at most ${count(limit)} are read. Take a part.`,
  );
}

/** A column as it lies in the file: a struct has one for each of its fields. */
interface Leaf {
  readonly name: string;
  /** Whether one row may hold several values of it, or none. */
  readonly isRepeated: boolean;
}

function leavesOf(metadata: FileMetaData): ReadonlyMap<string, Leaf> {
  if (metadata.schema.length > MAX_SCHEMA) {
    throw new Error(`its schema has ${count(metadata.schema.length)} entries`);
  }
  const leaves = new Map<string, Leaf>();
  const collect = (node: SchemaTree, wasRepeated: boolean) => {
    const isRepeated = wasRepeated || node.element.repetition_type === "REPEATED";
    for (const child of node.children) collect(child, isRepeated);
    if (node.children.length > 0) return;
    if (node.path.length > MAX_DEPTH)
      throw new Error(`a column is nested ${node.path.length} deep`);
    leaves.set(JSON.stringify(node.path), { name: quote(node.path.join(".")), isRepeated });
  };
  collect(parquetSchema(metadata), false);
  return leaves;
}

function leafOf({ meta_data: meta }: ColumnChunk, leaves: ReadonlyMap<string, Leaf>): Leaf {
  if (meta === undefined) throw new Error("a column of it is without metadata");
  const leaf = leaves.get(JSON.stringify(meta.path_in_schema));
  if (leaf !== undefined) return leaf;
  throw new Error(`${quote(meta.path_in_schema.join("."))} is a column its schema does not have`);
}

function chunkOf({ meta_data: meta }: ColumnChunk, leaf: Leaf, rows: number): ParquetChunk {
  const column = leaf.name;
  const values = whole(meta?.num_values, `the number of values of ${column}`);
  if (!leaf.isRepeated && values > rows) {
    throw new Error(`${column} has ${count(values)} values for ${count(rows)} rows`);
  }
  // As the reader finds them; 0 stands for no dictionary.
  const first = meta?.dictionary_page_offset || meta?.data_page_offset;
  const start = whole(first, `the place of ${column}`);
  const end = start + whole(meta?.total_compressed_size, `the size of ${column}`);
  return { column, start, end, rows, values };
}
