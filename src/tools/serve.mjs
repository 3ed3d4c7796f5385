// @ts-check
// A static server for the built page. As a program: node src/tools/serve.mjs <folder> <port>
import { createReadStream } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, resolve, sep } from "node:path";
import { pipeline } from "node:stream/promises";
import { pathToFileURL } from "node:url";
import { contentPolicy, withoutPolicyElement } from "./contentPolicy.mjs";

/** @typedef {import("node:http").IncomingMessage} Request */
/** @typedef {import("node:http").ServerResponse} Response */
/** @typedef {import("node:http").Server} Server */
/** @typedef {{folder: string, headers: Record<string, string>}} Place */

/** @type {Record<string, string>} anything else is served as bytes */
const mediaTypes = {
  ".css": "text/css; charset=utf-8",
  ".csv": "text/csv; charset=utf-8",
  ".html": "text/html; charset=utf-8",
  ".ico": "image/x-icon",
  ".js": "text/javascript; charset=utf-8",
  ".json": "application/json; charset=utf-8",
  ".jsonl": "application/jsonl; charset=utf-8",
  ".map": "application/json; charset=utf-8",
  ".md": "text/markdown; charset=utf-8",
  ".png": "image/png",
  ".svg": "image/svg+xml",
  ".txt": "text/plain; charset=utf-8",
  ".wasm": "application/wasm",
  ".webmanifest": "application/manifest+json",
  ".wgsl": "text/plain; charset=utf-8",
  ".woff2": "font/woff2",
};

/** @param {string} [mirror] */
const securityHeaders = (mirror) => ({
  "Content-Security-Policy": contentPolicy(mirror),
  "Cross-Origin-Opener-Policy": "same-origin",
  "Cross-Origin-Resource-Policy": "same-origin",
  "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
});

/**
 * Serves a folder to this computer only.
 *
 * @param {object} options
 * @param {string} options.root
 * @param {number} options.port      0 for any free one
 * @param {boolean} [options.isFirstOf]  take one of the next 20 ports if this one is in use
 * @param {string} [options.mirror]  another hub the page may read models from; by default ZEROTH_HUB
 * @returns {Promise<{url: string, close: () => Promise<void>}>}
 * @throws {Error} if no port is free
 */
export async function serve({
  root,
  port,
  isFirstOf = false,
  mirror = process.env["ZEROTH_HUB"] ?? "",
}) {
  const place = { folder: resolve(root), headers: securityHeaders(mirror) };
  const last = port + (isFirstOf ? 20 : 0);
  for (let candidate = port; candidate <= last; candidate++) {
    const servers = await listen(place, candidate);
    if (!servers) continue;
    const address = servers[0]?.address();
    const actual = typeof address === "object" && address ? address.port : candidate;
    return { url: `http://localhost:${actual}`, close: () => closeAll(servers) };
  }
  throw new Error(`Ports ${port} to ${last} are in use. Close the program that uses ${port}.`);
}

/**
 * Both loopback addresses: browsers try ::1 for "localhost" first, other programs 127.0.0.1.
 *
 * @param {Place} place
 * @param {number} port
 * @returns {Promise<Server[] | undefined>} undefined if the port is taken on one of them
 */
async function listen(place, port) {
  /** @type {Server[]} */
  const servers = [];
  for (const host of ["127.0.0.1", "::1"]) {
    const server = createServer((request, response) => {
      answer(place, request, response).catch(() => response.destroy());
    });
    // With port 0 the second address takes the number the first was given.
    const first = servers[0]?.address();
    const wanted = typeof first === "object" && first ? first.port : port;
    const failure = await new Promise((done) => {
      server.once("error", done).listen(wanted, host, () => done(undefined));
    });
    if (!failure) servers.push(server);
    else if (failure.code === "EADDRINUSE") {
      await closeAll(servers);
      return undefined;
    } else if (host === "127.0.0.1") throw failure;
    // A machine without IPv6 is served on IPv4 alone.
  }
  return servers;
}

/** @param {Server[]} servers */
async function closeAll(servers) {
  await Promise.all(
    servers.map((server) => {
      server.closeAllConnections();
      return new Promise((done) => server.close(done));
    }),
  );
}

/**
 * @param {Place} place
 * @param {Request} request
 * @param {Response} response
 */
async function answer({ folder, headers }, request, response) {
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
  if (!isOwnHost(request.headers.host)) {
    return refuse(response, 421, "This server answers localhost, 127.0.0.1 and [::1] only.");
  }
  if (request.method !== "GET" && request.method !== "HEAD") {
    response.setHeader("Allow", "GET, HEAD");
    return refuse(response, 405, "Only GET and HEAD are answered here.");
  }
  const file = await find(folder, request.url ?? "/");
  if (!file) return refuse(response, 404, "There is no such file.");

  const etag = `"${file.size.toString(36)}-${Math.round(file.mtimeMs).toString(36)}"`;
  response.setHeader("ETag", etag);
  response.setHeader("Accept-Ranges", "bytes");
  // Vite writes a hash of the content into the names below assets/.
  const isHashed = file.path.startsWith(join(folder, "assets") + sep);
  response.setHeader("Cache-Control", isHashed ? "max-age=31536000, immutable" : "no-cache");
  if (request.headers["if-none-match"] === etag) return void response.writeHead(304).end();

  response.setHeader(
    "Content-Type",
    mediaTypes[extname(file.path).toLowerCase()] ?? "application/octet-stream",
  );
  if (extname(file.path) === ".html") return sendPage(request, response, file.path);
  const range = wantedRange(request, file.size, etag);
  if (range === "unsatisfiable") {
    response.setHeader("Content-Range", `bytes */${file.size}`);
    return refuse(response, 416, `The file has ${file.size} bytes.`);
  }
  const { start, end } = range ?? { start: 0, end: file.size - 1 };
  if (range) response.setHeader("Content-Range", `bytes ${start}-${end}/${file.size}`);
  response.setHeader("Content-Length", end - start + 1);
  response.writeHead(range ? 206 : 200);
  if (request.method === "HEAD" || end < start) return void response.end();
  await pipeline(createReadStream(file.path, { start, end }), response);
}

/**
 * Returns whether a request names this server as itself. A foreign page whose name was made to resolve
 * to 127.0.0.1 (DNS rebinding) sends its own name.
 *
 * @param {string | undefined} host  the Host header: a name and perhaps a port
 */
function isOwnHost(host) {
  return /^(localhost|127\.0\.0\.1|\[::1\])(:\d+)?$/i.test(host ?? "");
}

/**
 * A page, whole: its policy stands in the header.
 *
 * @param {Request} request
 * @param {Response} response
 * @param {string} path
 */
async function sendPage({ method }, response, path) {
  const page = Buffer.from(withoutPolicyElement(await readFile(path, "utf8")));
  response.removeHeader("Accept-Ranges");
  response.setHeader("Content-Length", page.length);
  response.writeHead(200).end(method === "HEAD" ? undefined : page);
}

/**
 * The file an address means, or undefined; never one outside the folder.
 *
 * @param {string} folder
 * @param {string} address  path and query, as the browser sent them
 */
async function find(folder, address) {
  /** @type {string} */
  let decoded;
  try {
    decoded = decodeURIComponent(address.replace(/[?#].*$/s, ""));
  } catch {
    return undefined;
  }
  if (decoded.includes("\0")) return undefined;
  const path = resolve(folder, `.${sep}${decoded}`);
  if (path !== folder && !path.startsWith(folder + sep)) return undefined;
  for (const candidate of [path, join(path, "index.html")]) {
    const found = await stat(candidate).catch(() => undefined);
    if (found?.isFile()) return { path: candidate, size: found.size, mtimeMs: found.mtimeMs };
  }
  return undefined;
}

/**
 * @param {Request} request
 * @param {number} size  of the file, in bytes
 * @param {string} etag
 * @returns {{start: number, end: number} | "unsatisfiable" | undefined} undefined: the whole file
 * @see RFC 9110, 14.2; several ranges in one request may be ignored, and are
 */
function wantedRange({ headers }, size, etag) {
  const [, first, last] = /^bytes=(\d*)-(\d*)$/.exec(headers.range ?? "") ?? [];
  if (first === undefined || last === undefined || first + last === "") return undefined;
  if (headers["if-range"] && headers["if-range"] !== etag) return undefined;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (first !== "" && last !== "" && Number(last) < Number(first)) return undefined;
  return start >= size ? "unsatisfiable" : { start, end };
}

/**
 * @param {Response} response
 * @param {number} status
 * @param {string} message
 */
function refuse(response, status, message) {
  response.writeHead(status, { "Content-Type": "text/plain; charset=utf-8" }).end(`${message}\n`);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const [folder = "dist", port = "4173"] = process.argv.slice(2);
  const { url } = await serve({ root: folder, port: Number(port) });
  console.log(`${folder} is served at ${url}`);
}
