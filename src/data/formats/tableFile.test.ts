import { expect, test } from "vitest";
import { parseTableFile } from "./tableFile.ts";

type Bytes = Uint8Array<ArrayBuffer>;

const utf8 = (text: string): Bytes => new TextEncoder().encode(text);
/** Every character as the byte of its number: Windows-1252 for what stands here. */
const latin1 = (text: string): Bytes => Uint8Array.from(text, (c) => c.charCodeAt(0));

function utf16(text: string, isBigEndian: boolean): Bytes {
  const bytes = new Uint8Array(2 * text.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < text.length; i++) view.setUint16(2 * i, text.charCodeAt(i), !isBigEndian);
  return bytes;
}

const kinds = [
  ["as bytes", (bytes: Bytes) => bytes],
  ["as a Blob", (bytes: Bytes) => new Blob([bytes])],
] as const;

test.each(kinds)("a table that is not UTF-8 is refused before a row is read, %s", async (_, as) => {
  const texts = ["text,label\nschön,1\nfein,0\n", '{"text": "schön", "label": 1}\n'];
  for (const bytes of texts.map(latin1)) {
    await expect(parseTableFile("a.csv", as(bytes))).rejects.toMatchObject({
      code: "E-DATA-8",
      message:
        '"a.csv" is not UTF-8 text, so none of its rows were read. Save it as JSONL, JSON, CSV or TSV ' +
        'in UTF-8 ("CSV UTF-8" in Excel) and choose it again.',
    });
  }
});

test.each(kinds)("UTF-8 is read whole, %s, and a byte order mark is no name's", async (_, as) => {
  for (const mark of ["", "\ufeff"]) {
    const table = await parseTableFile("a.csv", as(utf8(`${mark}text,label\nschön 😀,1\n`)));
    expect(table.columns).toEqual(["text", "label"]);
    expect(table.rows).toEqual([{ text: "schön 😀", label: "1" }]);
  }
});

test.each(kinds)("UTF-16 is read where a byte order mark says so, %s", async (_, as) => {
  for (const isBigEndian of [false, true]) {
    const text = "text,label\nschön 😀,1\n";
    const { rows } = await parseTableFile("a.csv", as(utf16(`\ufeff${text}`, isBigEndian)));
    expect(rows).toEqual([{ text: "schön 😀", label: "1" }]);
    await expect(parseTableFile("a.csv", as(utf16(text, isBigEndian)))).rejects.toThrow(
      '"a.csv" is not UTF-8 text',
    );
  }
});

test("UTF-16 that breaks off inside a character is refused", async () => {
  const bytes = utf16("\ufefftext,label\nfine 😀", false).slice(0, -2);
  await expect(parseTableFile("a.csv", bytes)).rejects.toThrow(
    "begins like UTF-16 text but is not",
  );
});

test.each(kinds)("a text cut inside its last character is not UTF-8, %s", async (_, as) => {
  await expect(parseTableFile("a.csv", as(utf8("text\nfine 😀").slice(0, -1)))).rejects.toThrow(
    '"a.csv" is not UTF-8 text',
  );
});

test("characters that lie across the pieces of a long file stay whole", async () => {
  // Three bytes a character, and a piece ends after 16 MiB: inside one.
  const long = "好".repeat(6_000_000);
  const { rows } = await parseTableFile("a.jsonl", new Blob([`{"text": "${long}"}`]));
  expect(rows[0]?.["text"] === long).toBe(true);
});

test("a file of more than 600 MB is refused by its size, unread", async () => {
  const blob = new Blob(["text\nfine\n"]);
  Object.defineProperty(blob, "size", { value: 600_000_001 });
  await expect(parseTableFile("a.csv", blob)).rejects.toMatchObject({
    code: "E-DATA-9",
    message: '"a.csv" has 600,000,001 bytes; at most 200,000,000 characters are read. Take a part.',
  });
});

test("a file of too many characters is refused while it is read, not after", async () => {
  const bytes = new Uint8Array(220_000_000).fill(0x61);
  bytes[bytes.length - 1] = 0xff;
  await expect(parseTableFile("a.csv", bytes)).rejects.toThrow(
    '"a.csv" has more than 200,000,000 characters; at most that many are read.',
  );
});
