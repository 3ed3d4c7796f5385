/** One file of an exported folder; its pieces are made as they are asked for. */
export interface ExportedFile {
  readonly name: string;
  readonly sizeBytes: number;
  readonly pieces: AsyncIterable<Uint8Array<ArrayBuffer>>;
}

export function textFile(name: string, text: string): ExportedFile {
  return bytesFile(name, new TextEncoder().encode(text));
}

export function bytesFile(name: string, bytes: Uint8Array<ArrayBuffer>): ExportedFile {
  async function* pieces() {
    yield bytes;
  }
  return { name, sizeBytes: bytes.length, pieces: pieces() };
}
