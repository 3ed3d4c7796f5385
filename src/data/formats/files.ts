/**
 * A file that can be read in pieces. The page wraps a `File`, Node a file handle; nothing in the
 * engine ever holds a whole checkpoint in one ArrayBuffer.
 */
export interface ByteSource {
  /** Path inside the chosen folder, with `/` between parts: `model-00001-of-00002.safetensors`. */
  readonly name: string;
  readonly sizeBytes: number;
  /** The bytes from `start` up to but not including `end`; always exactly that many, or it throws. */
  read(start: number, end: number): Promise<Uint8Array<ArrayBuffer>>;
}

/** A `ByteSource` over a `Blob` or `File`. */
export function blobSource(name: string, blob: Blob): ByteSource {
  return {
    name,
    sizeBytes: blob.size,
    read: async (start, end) => new Uint8Array(await blob.slice(start, end).arrayBuffer()),
  };
}

/** A `ByteSource` over bytes that are in memory anyway (small files, tests). */
export function memorySource(name: string, bytes: Uint8Array<ArrayBuffer>): ByteSource {
  return {
    name,
    sizeBytes: bytes.length,
    read: (start, end) => Promise.resolve(bytes.slice(start, end)),
  };
}
