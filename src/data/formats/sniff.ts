import { ZerothError } from "#base/errors.ts";
import { count, quote } from "#base/text.ts";
import type { ByteSource } from "./byteSource.ts";
import { readExactly } from "./byteSource.ts";

/** The format of a file by its first bytes, independent of its name. */
export type FileKind =
  | "empty"
  | "git-lfs"
  | "html"
  | "gguf"
  | "safetensors"
  | "zip"
  | "pickle"
  | "tar"
  | "gzip"
  | "hdf5"
  | "json"
  | "unknown";

/** Detects the format of a file. Reads at most 512 bytes, the size of a tar header. */
export async function sniff(file: ByteSource): Promise<FileKind> {
  const head = await readExactly(file, 0, Math.min(512, file.sizeBytes));
  if (head.length === 0) return "empty";
  // First, because a length may begin with another format's magic: 640 is a pickle's 0x80 0x02.
  if (looksLikeSafetensors(head)) return "safetensors";
  for (const [kind, offset, magic] of MAGICS) {
    if (magic.every((byte, i) => head[offset + i] === byte)) return kind;
  }
  return sniffText(head);
}

/**
 * The error for a file that is not what it was opened as.
 *
 * @param expected with its article: "a safetensors file"
 */
export function notA(expected: string, file: ByteSource, kind: FileKind): ZerothError {
  return new ZerothError(
    "E-FILE-1",
    `${quote(file.name)} is not ${expected}: ${SENTENCES[kind](count(file.sizeBytes))}`,
  );
}

const ascii = (text: string): number[] => Array.from(text, (c) => c.charCodeAt(0));

const MAGICS: readonly (readonly [FileKind, number, readonly number[]])[] = [
  ["git-lfs", 0, ascii("version https://git-lfs")],
  ["gguf", 0, ascii("GGUF")],
  ["zip", 0, ascii("PK\x03\x04")],
  ["zip", 0, ascii("PK\x05\x06")], // an empty archive
  ["gzip", 0, [0x1f, 0x8b]],
  ["hdf5", 0, [0x89, ...ascii("HDF\r\n")]],
  ["tar", 257, ascii("ustar")],
  ["pickle", 0, [0x80, 0x02]],
  ["pickle", 0, [0x80, 0x03]],
  ["pickle", 0, [0x80, 0x04]],
  ["pickle", 0, [0x80, 0x05]],
];

const SENTENCES: Readonly<Record<FileKind, (size: string) => string>> = {
  empty: () => "it is empty. Download it again.",
  "git-lfs": (size) =>
    `it is a ${size}-byte Git-LFS pointer to the real file. Download the real file from the ` +
    `model's page ("Files", then the arrow), or run "git lfs pull".`,
  html: (size) =>
    `it is a web page of ${size} bytes, probably a sign-in or error page saved by mistake. ` +
    `Download the file again.`,
  gguf: () =>
    "it is GGUF, which holds quantised weights. Choose the original model.safetensors or " +
    "pytorch_model.bin.",
  safetensors: () => "it is a safetensors file. Give it the name model.safetensors.",
  zip: () =>
    "it is a ZIP archive. If it is PyTorch's, give it the name pytorch_model.bin; otherwise " +
    "unpack it and choose the files inside.",
  pickle: () =>
    "it is a bare Python pickle, as PyTorch wrote before version 1.6. Convert it once in Python: " +
    'torch.save(torch.load(old, map_location="cpu", weights_only=True), new).',
  tar: () =>
    "it is a tar archive. If the model's files are inside, unpack it and choose them; if an old " +
    "PyTorch wrote it, load and save it once with a present PyTorch.",
  gzip: () => "it is compressed with gzip. Unpack it first.",
  hdf5: () =>
    "it is HDF5, as TensorFlow writes. Choose model.safetensors or pytorch_model.bin instead.",
  json: () => "it is JSON text. Choose the file with the weights.",
  unknown: (size) => `its ${size} bytes begin like no known format. Download it again.`,
};

/** Eight bytes of header length that a header could have, then the header's opening brace. */
function looksLikeSafetensors(head: Uint8Array<ArrayBuffer>): boolean {
  if (head.length < 9 || head[8] !== 0x7b) return false;
  const length = new DataView(head.buffer).getBigUint64(0, true);
  return length <= 100_000_000n; // the format's own limit
}

function sniffText(head: Uint8Array<ArrayBuffer>): FileKind {
  const text = new TextDecoder().decode(head).trimStart().toLowerCase();
  if (text.startsWith("<!doctype") || text.startsWith("<html") || text.startsWith("<?xml")) {
    return "html";
  }
  return text.startsWith("{") || text.startsWith("[") ? "json" : "unknown";
}
