import { afterEach, expect, test } from "vitest";
import { describeRepo } from "./describeRepo.ts";
import { clockDuring, type LocalHub, startLocalHub } from "./testing/localHub.ts";
import { COMMIT, modelContent, modelFiles, noise } from "./testing/models.ts";

const opened: LocalHub[] = [];
afterEach(async () => {
  for (const local of opened.splice(0)) await local.close();
});

async function hubWith(content = modelContent()): Promise<LocalHub> {
  const local = await startLocalHub(content);
  opened.push(local);
  return local;
}

const opt = { repo: "facebook/opt-125m", revision: "main" };
const bytes = (text: string) => new TextEncoder().encode(text);

test("a download is described without requesting weights", async () => {
  const { hub, requests } = await hubWith();
  const repo = await describeRepo(hub, opt);
  expect(repo.commit).toBe(COMMIT);
  expect(repo.format).toBe("pytorch");
  expect(repo.files.map(({ path }) => path)).toEqual([
    "config.json",
    "vocab.json",
    "merges.txt",
    "pytorch_model.bin",
  ]);
  const sizes = repo.files.map(({ sizeBytes }) => sizeBytes);
  expect(repo.totalBytes).toBe(sizes.reduce((a, b) => a + b));
  expect(repo.config).toEqual({ model_type: "opt" });
  expect(repo.licence.summary).toMatch(/non-commercial research/);
  expect(repo.address).toBe(`${hub.endpoint}/facebook/opt-125m`);
  expect(requests.some((request) => request.includes("pytorch_model"))).toBe(false);
});

test("safetensors are preferred, and an index adds its shards", async () => {
  const index = bytes('{"weight_map":{"a":"model-1.safetensors","b":"model-2.safetensors"}}');
  const files = {
    ...modelFiles(),
    "model.safetensors.index.json": index,
    "model-1.safetensors": noise(2000),
    "model-2.safetensors": noise(3000),
  };
  const { hub } = await hubWith(modelContent(files));
  const repo = await describeRepo(hub, opt);
  expect(repo.format).toBe("safetensors");
  expect(repo.files.slice(-3).map(({ path }) => path)).toEqual([
    "model.safetensors.index.json",
    "model-1.safetensors",
    "model-2.safetensors",
  ]);
});

test("an index that names a missing shard is refused", async () => {
  const { "pytorch_model.bin": _, ...files } = modelFiles();
  const index = bytes('{"weight_map":{"a":"../x","b":"part-2.bin"}}');
  const { hub } = await hubWith(modelContent({ ...files, "pytorch_model.bin.index.json": index }));
  await expect(describeRepo(hub, opt)).rejects.toMatchObject({ code: "E-FILE-1" });
});

test("a model without weights, config or tokenizer is refused before the download", async () => {
  for (const [lack, code] of [
    ["pytorch_model.bin", "E-FILE-1"],
    ["config.json", "E-FILE-1"],
    ["vocab.json", "E-FILE-7"],
  ]) {
    const files = Object.fromEntries(
      Object.entries(modelFiles()).filter(([name]) => name !== lack),
    );
    const { hub } = await hubWith(modelContent(files));
    await expect(describeRepo(hub, opt)).rejects.toMatchObject({ code });
  }
});

test("an unknown name is refused with the closest known name", async () => {
  const { hub } = await hubWith();
  const wrong = { repo: "facebook/opt-125", revision: "main" };
  await expect(describeRepo(hub, wrong)).rejects.toMatchObject({
    code: "E-NET-3",
    message: expect.stringContaining("Did you mean facebook/opt-125m?"),
  });
});

test.each([
  [401, {}, "E-NET-2"],
  [403, { "X-Error-Code": "GatedRepo" }, "E-NET-2"],
  [404, {}, "E-NET-3"],
  [500, {}, "E-NET-5"],
])("status %i %o becomes %s", async (status, headers, code) => {
  const { hub, faults } = await hubWith();
  faults.set("", [{ kind: "status", status, headers }]);
  await expect(describeRepo(hub, opt)).rejects.toMatchObject({ code });
});

test("the error for too many requests says how long to wait", async () => {
  const { hub, faults } = await hubWith();
  faults.set("", [{ kind: "status", status: 429, headers: { "Retry-After": "60" } }]);
  await expect(describeRepo(hub, opt)).rejects.toMatchObject({
    code: "E-NET-4",
    retryAfterSeconds: 60,
    message: expect.stringContaining("60 s"),
  });
});

test("without a connection the error says what still works", async () => {
  const local = await hubWith();
  local.isOffline = true;
  await expect(describeRepo(local.hub, opt)).rejects.toMatchObject({
    code: "E-NET-1",
    message: expect.stringContaining("downloaded before still work"),
  });
});

test.each([
  ["before it answers", { kind: "silence" }],
  ["during its answer", { kind: "stall", afterBytes: 10 }],
] as const)("a hub that falls silent %s is given up after 30 s", async (_, fault) => {
  const { hub, faults, requests } = await hubWith();
  faults.set("", [fault]);
  let isAnswered = false;
  const fetchNoting: typeof fetch = async (url, init) => {
    const response = await hub.fetch(url, init);
    isAnswered = true;
    return response;
  };
  const sleep = clockDuring(() => (fault.kind === "silence" ? requests.length > 0 : isAnswered));
  await expect(describeRepo({ ...hub, fetch: fetchNoting, sleep }, opt)).rejects.toMatchObject({
    code: "E-NET-1",
    message: `Nothing of facebook/opt-125m has come from ${hub.endpoint} for 30 s. What was loaded is kept; check the connection and try again.`,
  });
});

test("a listing that breaks off is a lost connection", async () => {
  const { hub, faults } = await hubWith();
  faults.set("", [{ kind: "drop", afterBytes: 10 }]);
  await expect(describeRepo(hub, opt)).rejects.toMatchObject({ code: "E-NET-1" });
});

test("a server that does not allow pages to read it is distinguished from no connection", async () => {
  const { hub } = await hubWith();
  // What fetch does where a server sends no Access-Control-Allow-Origin.
  const fetchWithoutCors: typeof fetch = async (url, init) => {
    if (init?.mode === "no-cors") return fetch(url, { method: "HEAD" });
    throw new TypeError("Failed to fetch");
  };
  await expect(describeRepo({ ...hub, fetch: fetchWithoutCors }, opt)).rejects.toMatchObject({
    code: "E-NET-6",
    message: expect.stringContaining("choose them here"),
  });
});

test("an answer that is not a hub's is refused with the wrong field", async () => {
  const { hub } = await hubWith({ ...modelContent(), commit: "no commit" });
  await expect(describeRepo(hub, opt)).rejects.toMatchObject({
    code: "E-NET-5",
    message: expect.stringContaining(
      '"sha" is the text "no commit"; a hash of 40 hex digits is needed',
    ),
  });
});

test("a token is sent to the hub only", async () => {
  const { hub, tokens } = await hubWith();
  await describeRepo({ ...hub, token: "hf_secret" }, opt);
  expect(new Set(tokens)).toEqual(new Set(["Bearer hf_secret"]));
});

test("names with a path in a listing are ignored", async () => {
  const files = { ...modelFiles(), "../evil.json": bytes("{}"), "sub/config.json": bytes("{}") };
  const { hub } = await hubWith(modelContent(files));
  const repo = await describeRepo(hub, opt);
  expect(repo.files.every(({ path }) => !path.includes("/"))).toBe(true);
});

test("a listing or config larger or deeper than any model has is refused", async () => {
  const many = Object.fromEntries(
    Array.from({ length: 50_001 }, (_, i) => [`f${i}`, new Uint8Array(1)]),
  );
  const { hub } = await hubWith(modelContent(many));
  await expect(describeRepo(hub, opt)).rejects.toMatchObject({
    code: "E-NET-5",
    message: expect.stringContaining("a list of at most 50000 files is needed"),
  });
  const deep = `{"model_type":"opt","a":${"[".repeat(200)}${"]".repeat(200)}}`;
  const nested = await hubWith(modelContent({ ...modelFiles(), "config.json": bytes(deep) }));
  await expect(describeRepo(nested.hub, opt)).rejects.toMatchObject({
    code: "E-FILE-3",
    message: expect.stringContaining("nested more than 100 deep"),
  });
});
