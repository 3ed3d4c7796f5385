import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { contentPolicy, policyElement, withoutPolicyElement } from "./contentPolicy.mjs";
import { serve } from "./serve.mjs";

const folder = mkdtempSync(join(tmpdir(), "serve-"));
const root = join(folder, "dist");
mkdirSync(join(root, "assets"), { recursive: true });
writeFileSync(join(folder, "secret.txt"), "not for the page");
writeFileSync(join(folder, "dist-secret.txt"), "nor this");
writeFileSync(join(root, "index.html"), "<title>page</title>");
writeFileSync(join(root, "assets", "index-abc.js"), "0123456789");
writeFileSync(join(root, "empty.bin"), "");

let server: Awaited<ReturnType<typeof serve>>;
beforeAll(async () => {
  server = await serve({ root, port: 0 });
});
afterAll(async () => {
  await server.close();
  rmSync(folder, { recursive: true });
});

const get = (path: string, headers: Record<string, string> = {}) =>
  fetch(server.url + path, { headers });

/** The status of a path sent as it is; fetch would tidy it first. */
function rawStatus(path: string, method = "GET", headers = {}): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(server.url);
    request({ hostname, port, path, method, headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on("error", reject)
      .end();
  });
}

test("the page is served with its type and a policy that lets nothing foreign in", async () => {
  const response = await get("/?run=1");
  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
  expect(response.headers.get("content-security-policy")).toMatch(/^default-src 'none'; /);
  expect(response.headers.get("cross-origin-opener-policy")).toBe("same-origin");
  expect(response.headers.get("cache-control")).toBe("no-cache");
  expect(await response.text()).toBe("<title>page</title>");
});

test("a file whose name holds its hash may be kept for ever", async () => {
  const response = await get("/assets/index-abc.js");
  expect(response.headers.get("content-type")).toBe("text/javascript; charset=utf-8");
  expect(response.headers.get("cache-control")).toContain("immutable");
});

test.each([
  ["bytes=2-4", 206, "234", "bytes 2-4/10"],
  ["bytes=7-", 206, "789", "bytes 7-9/10"],
  ["bytes=-3", 206, "789", "bytes 7-9/10"],
  ["bytes=8-99", 206, "89", "bytes 8-9/10"],
  ["bytes=0-0", 206, "0", "bytes 0-0/10"],
  ["bytes=10-", 416, "The file has 10 bytes.\n", "bytes */10"],
  ["bytes=4-2", 200, "0123456789", null],
  ["bytes=0-1,4-5", 200, "0123456789", null],
  ["lines=1-2", 200, "0123456789", null],
])("the range %s is answered with %i", async (range, status, text, contentRange) => {
  const response = await get("/assets/index-abc.js", { Range: range });
  expect(response.status).toBe(status);
  expect(await response.text()).toBe(text);
  expect(response.headers.get("content-range")).toBe(contentRange);
});

test("a file the browser still has is not sent again", async () => {
  const etag = (await get("/assets/index-abc.js")).headers.get("etag") ?? "";
  expect((await get("/assets/index-abc.js", { "If-None-Match": etag })).status).toBe(304);
  const stale = await get("/assets/index-abc.js", { Range: "bytes=0-1", "If-Range": '"old"' });
  expect(stale.status).toBe(200);
});

test("an empty file is served as one", async () => {
  const response = await get("/empty.bin");
  expect(response.status).toBe(200);
  expect(await response.text()).toBe("");
});

test.each([
  "/../secret.txt",
  "/..%2fsecret.txt",
  "/%2e%2e/secret.txt",
  "/assets/../../secret.txt",
  "/../dist-secret.txt",
  "//etc/passwd",
  "/%00",
  "/%zz",
  "/assets",
  "/nothing.html",
])("%s gives nothing away", async (path) => {
  expect(await rawStatus(path)).toBe(404);
});

test("only reading is answered", async () => {
  expect(await rawStatus("/", "POST")).toBe(405);
  expect(await rawStatus("/", "HEAD")).toBe(200);
});

test("a port in use is refused, or stepped over where that was asked for", async () => {
  const port = Number(new URL(server.url).port);
  await expect(serve({ root, port })).rejects.toThrow(`Ports ${port} to ${port} are in use`);
  const second = await serve({ root, port, isFirstOf: true });
  expect(Number(new URL(second.url).port)).toBeGreaterThan(port);
  await second.close();
});

test("a mirror of the hub may be read from only where the one who serves says so", async () => {
  const policyOf = async (url: string) =>
    (await fetch(url)).headers.get("content-security-policy") ?? "";
  expect(await policyOf(server.url)).toMatch(/connect-src [^;]* https:\/\/\*\.hf\.co;/);
  const mirrored = await serve({
    root,
    port: 0,
    mirror: "https://hub.example.org/ http://[::1]:*",
  });
  expect(await policyOf(mirrored.url)).toMatch(
    /hf\.co https:\/\/hub\.example\.org http:\/\/\[::1\]:\*;/,
  );
  await mirrored.close();
  const twisted = { root, port: 0, mirror: "https://a.example; script-src *" };
  await expect(serve(twisted)).rejects.toThrow('ZEROTH_HUB has "https://a.example;"');
});

test("a built page says in itself what the header says, but for what only a header can", () => {
  const hub = "https://hub.example.org";
  const { content } = policyElement(hub).attrs;
  expect(`${content}; frame-ancestors 'none'`).toBe(contentPolicy(hub));
  expect(() => policyElement("https://a.example; script-src *")).toThrow("ZEROTH_HUB has");
});

test("a page that is served has its policy in the header alone, so that a mirror can be named", async () => {
  const { attrs } = policyElement();
  const meta = `<meta http-equiv="${attrs["http-equiv"]}" content="${attrs.content}" />`;
  const page = `<head>\n    ${meta}\n    <title>built</title></head>`;
  writeFileSync(join(root, "built.html"), page);
  const served = await get("/built.html");
  expect(await served.text()).toBe("<head>\n    <title>built</title></head>");
  expect(served.headers.get("content-security-policy")).toBe(contentPolicy());
  expect((await get("/built.html", { Range: "bytes=0-3" })).status).toBe(200);
  expect(withoutPolicyElement("<title>plain</title>")).toBe("<title>plain</title>");
});

test.each([
  ["localhost:4173", 200],
  ["127.0.0.1:4173", 200],
  ["[::1]:4173", 200],
  ["LOCALHOST", 200],
  ["rebound.example:4173", 421],
  ["localhost.rebound.example", 421],
  ["127.0.0.1.rebound.example:4173", 421],
])("the server answers a request for the host %j with %i", async (host, status) => {
  expect(await rawStatus("/", "GET", { host })).toBe(status);
});
