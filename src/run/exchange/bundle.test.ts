import { createHash } from "node:crypto";
import { strToU8, unzipSync, zipSync } from "fflate";
import { expect, test } from "vitest";
import { resolveSettings } from "#zo/resolveSettings.ts";
import { anEvaluation, aRun, progressAfter, steps } from "../testing/runs.ts";
import { misfitOf, type RunBundle, readBundle, writeBundle } from "./bundle.ts";

const modelId = "a".repeat(64);
const bundle: RunBundle = {
  record: {
    ...aRun("run-1", modelId),
    ...progressAfter(300),
    settings: resolveSettings({ steps: 300 }),
    weightsSha256: "b".repeat(64),
  },
  journal: steps(1, 300),
  evaluations: [anEvaluation(0), anEvaluation(300)],
  base: { id: modelId, name: "opt-tiny" },
};

/** The bundle with some files replaced, and hashes.json left as it was. */
function with_(changes: Readonly<Record<string, string | Uint8Array>>, zip = writeBundle(bundle)) {
  const bytes = Object.entries(changes).map(([name, content]) => [
    name,
    typeof content === "string" ? strToU8(content) : content,
  ]);
  return zipSync({ ...unzipSync(zip), ...Object.fromEntries(bytes) });
}

test("a run goes through a bundle to the bit, without rows and weights", () => {
  const zip = writeBundle(bundle);
  expect(readBundle(zip)).toEqual(bundle);
  expect(Object.keys(unzipSync(zip)).sort()).toEqual([
    "base.json",
    "evaluations.json",
    "hashes.json",
    "journal.bin",
    "log_history.jsonl",
    "run.json",
    "settings.json",
  ]);
  expect(writeBundle(bundle)).toEqual(zip);
});

test("a diverged run keeps the loss that is no number, and a run called NaN its name", () => {
  const diverged = {
    ...bundle,
    record: { ...bundle.record, name: "NaN" },
    evaluations: [{ ...anEvaluation(300), loss: Number.NaN }],
  };
  expect(readBundle(writeBundle(diverged))).toEqual(diverged);
});

test("a bundle fits the base model it began from and no other", () => {
  expect(misfitOf(bundle, modelId)).toBeNull();
  expect(misfitOf(bundle, "c".repeat(64))).toContain("began from other weights: opt-tiny");
});

test("files that do not match their hashes are refused", () => {
  for (const name of ["run.json", "journal.bin", "log_history.jsonl"]) {
    expect(() => readBundle(with_({ [name]: "{}" }))).toThrow(
      expect.objectContaining({ code: "E-FILE-3", message: expect.stringContaining(name) }),
    );
  }
});

test.each([
  ["a run of another shape", { ...bundle, record: { ...bundle.record, step: -1 } }],
  ["a journal that ends elsewhere", { ...bundle, journal: steps(1, 299) }],
  ["a base model of other weights", { ...bundle, base: { id: "d".repeat(64), name: "x" } }],
  ["an id that is no id", { ...bundle, record: { ...bundle.record, id: "../x" } }],
])("%s is refused though its hashes are right", (_, bad) => {
  const expected = expect.objectContaining({ code: "E-FILE-3" });
  expect(() => readBundle(writeBundle(bad))).toThrow(expected);
});

test("settings this version does not know are refused by name", () => {
  const settings = { ...bundle.record.settings, warp: 9 };
  const zip = writeBundle({ ...bundle, record: { ...bundle.record, settings } });
  expect(() => readBundle(zip)).toThrow('no setting "warp"');
});

test("what is no bundle is told as such", () => {
  const expected = expect.objectContaining({ code: "E-FILE-1" });
  expect(() => readBundle(strToU8("hello"))).toThrow(expected);
  expect(() => readBundle(zipSync({ "a.txt": strToU8("x") }))).toThrow(expected);
});

/** The bundle with some files replaced, and hashes that agree. */
function rewritten(changes: Readonly<Record<string, Uint8Array>>): Uint8Array {
  const files = { ...unzipSync(writeBundle(bundle)), ...changes };
  const named = Object.entries(files).filter(([name]) => name !== "hashes.json");
  const sha256 = Object.fromEntries(named.map(([name, bytes]) => [name, hashOf(bytes)]));
  const hashes = strToU8(JSON.stringify({ schema: "zeroth-bundle/1", sha256 }));
  return zipSync({ ...files, "hashes.json": hashes });
}

const hashOf = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex");

test.each([
  ["journal.bin", 5_000_000, /journal\.bin unpacks to 5,000,000 bytes; .* at most 4,307,200/],
  ["evaluations.json", 700_000, /evaluations\.json unpacks to 700,000 bytes; .* at most 618,496/],
  ["run.json", 4_000_001, /run\.json unpacks to 4,000,001 bytes; .* at most 4,000,000/],
  ["log_history.jsonl", 6_000_000, /log_history\.jsonl unpacks to 6,000,000 bytes/],
])("%s larger than its run explains is refused before it is unpacked", (name, bytes, message) => {
  expect(() => readBundle(rewritten({ [name]: new Uint8Array(bytes) }))).toThrow(
    expect.objectContaining({ code: "E-FILE-3", message: expect.stringMatching(message) }),
  );
});

test("more evaluations than steps are refused", () => {
  const many = Array.from({ length: 303 }, () => 0);
  expect(() =>
    readBundle(rewritten({ "evaluations.json": strToU8(JSON.stringify(many)) })),
  ).toThrow(
    expect.objectContaining({ code: "E-FILE-3", message: expect.stringContaining("at most 302") }),
  );
});

test("a name that stands twice in the zip is refused before any of it is unpacked", () => {
  const zip = Buffer.from(
    zipSync({ ...unzipSync(writeBundle(bundle)), "run.jsom": strToU8("{}") }),
  );
  const renamed = Buffer.from(zip.toString("latin1").replaceAll("run.jsom", "run.json"), "latin1");
  expect(() => readBundle(new Uint8Array(renamed))).toThrow("it holds run.json twice");
});

test("a journal of blocks that claim one byte each is refused at the first", () => {
  const bytes = new Uint8Array(4_000_000).fill(0);
  for (let at = 8; at < bytes.length; at += 1) bytes[at] = at % 4 === 0 ? 1 : 0;
  const start = performance.now();
  expect(() => readBundle(rewritten({ "journal.bin": bytes }))).toThrow(
    expect.objectContaining({ code: "E-FILE-3" }),
  );
  expect(performance.now() - start).toBeLessThan(2000);
});

test("every way of cutting or bending a bundle ends in the run or a sentence", () => {
  const zip = writeBundle({
    ...bundle,
    record: { ...bundle.record, ...progressAfter(5) },
    journal: steps(1, 5),
  });
  for (let at = 0; at < zip.length; at += 11) {
    const bent = zip.slice();
    bent[at] = (bent[at] ?? 0) ^ 0xff;
    for (const bytes of [bent, zip.slice(0, at)]) {
      try {
        readBundle(bytes);
      } catch (error) {
        expect(error).toMatchObject({ code: expect.stringMatching(/^E-FILE-[13]$/) });
      }
    }
  }
});
