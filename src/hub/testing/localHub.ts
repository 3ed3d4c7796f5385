import { createHash } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { Hub } from "../request.ts";

/** What the next requests for a path shall suffer; taken one by one, then all is well again. */
export type Fault =
  | { readonly kind: "status"; readonly status: number; readonly headers?: Record<string, string> }
  /** The connection drops after so many bytes of the body. */
  | { readonly kind: "drop"; readonly afterBytes: number }
  /** After so many bytes of the body nothing more comes, and the connection stays open. */
  | { readonly kind: "stall"; readonly afterBytes: number }
  /** Not even an answer comes, and the connection stays open. */
  | { readonly kind: "silence" }
  | { readonly kind: "flipByte"; readonly at: number };

/** A hub on this machine with one model and some data sets. Pages may read it, as huggingface.co. */
export interface LocalHub {
  /** Its clock stands still, so that no slow machine is taken for a silent hub. */
  readonly hub: Hub;
  /** Method, path and range of every request, in order. */
  readonly requests: string[];
  /** Bytes of bodies handed to the connection, by path. */
  readonly sentBytes: Map<string, number>;
  /** `authorization` headers seen. */
  readonly tokens: string[];
  /** Faults by path; under "" for requests to any path. */
  readonly faults: Map<string, Fault[]>;
  ignoresRanges: boolean;
  isOffline: boolean;
  close(): Promise<void>;
}

export interface HubContent {
  readonly repo: string;
  readonly commit: string;
  /** File names and contents; those over 1000 bytes are told as large files, by SHA-256. */
  readonly files: Readonly<Record<string, Uint8Array>>;
  readonly cardData?: unknown;
  readonly datasets?: Readonly<Record<string, DatasetContent>>;
  /** Whoever asks for a file must show this token. */
  readonly token?: string;
}

export interface DatasetContent {
  readonly cardData?: unknown;
  /** Of the branch refs/convert/parquet. */
  readonly files: Readonly<Record<string, Uint8Array>>;
}

/** A wait that only its signal ends. */
export function untilAborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

/** A clock whose waits pass at once while this holds, and not before. */
export function clockDuring(isSilent: () => boolean): Hub["sleep"] {
  return async (_, signal) => {
    while (!signal.aborted && !isSilent()) await new Promise((resolve) => setTimeout(resolve, 1));
  };
}

/** Starts the hub on a free port. It answers as huggingface.co does, as far as a download goes. */
export async function startLocalHub(content: HubContent): Promise<LocalHub> {
  const server = createServer((request, response) => answer(local, content, request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("The hub has no port.");
  const endpoint = `http://127.0.0.1:${address.port}`;
  const local: LocalHub = {
    requests: [],
    sentBytes: new Map(),
    tokens: [],
    faults: new Map(),
    hub: {
      endpoint,
      fetch: (url, init) =>
        local.isOffline ? Promise.reject(new TypeError("fetch failed")) : fetch(url, init),
      isOnline: () => !local.isOffline,
      sleep: (_, signal) => untilAborted(signal),
    },
    ignoresRanges: false,
    isOffline: false,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return local;
}

function answer(
  local: LocalHub,
  content: HubContent,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const path = decodeURIComponent((request.url ?? "").split("?")[0] ?? "");
  const { range, authorization } = request.headers;
  response.setHeader("Access-Control-Allow-Origin", "*");
  response.setHeader("Access-Control-Expose-Headers", "Content-Range, Retry-After, X-Error-Code");
  if (request.method === "OPTIONS") {
    response.writeHead(204, { "Access-Control-Allow-Headers": "authorization" }).end();
    return;
  }
  local.requests.push(`${request.method} ${path}${range ? ` ${range}` : ""}`);
  if (authorization) local.tokens.push(authorization);
  const fault = local.faults.get(path)?.shift() ?? local.faults.get("")?.shift();
  if (fault?.kind === "silence") return;
  if (fault?.kind === "status") {
    response.writeHead(fault.status, fault.headers ?? {}).end("no");
    return;
  }
  const isFile = path.includes("/resolve/");
  if (isFile && content.token !== undefined && authorization !== `Bearer ${content.token}`) {
    response.writeHead(401, { "X-Error-Code": "GatedRepo" }).end();
    return;
  }
  const found = find(content, path);
  if (!found) {
    const isApi = path.startsWith("/api/");
    // As the real hub does for names it does not know.
    response.writeHead(isApi ? 401 : 404, isApi ? { "X-Error-Code": "RepoNotFound" } : {}).end();
    return;
  }
  send(local, path, found, range, fault, response);
}

function find(content: HubContent, path: string): Uint8Array | undefined {
  const { repo, commit, files, datasets = {} } = content;
  const json = (value: unknown) => Buffer.from(JSON.stringify(value));
  for (const revision of ["main", commit]) {
    if (path === `/api/models/${repo}/revision/${revision}`) return json(modelInfo(content));
  }
  for (const [id, { cardData, files: parquet }] of Object.entries(datasets)) {
    if (path === `/api/datasets/${id}`) return json({ id, sha: commit, cardData, gated: false });
    if (path === `/api/datasets/${id}/revision/refs/convert/parquet`) {
      return json({ id, sha: commit, siblings: siblingsOf(parquet) });
    }
    const prefix = `/datasets/${id}/resolve/${commit}/`;
    if (path.startsWith(prefix)) return parquet[path.slice(prefix.length)];
  }
  const prefix = `/${repo}/resolve/${commit}/`;
  return path.startsWith(prefix) ? files[path.slice(prefix.length)] : undefined;
}

function modelInfo({ repo, commit, files, cardData, token }: HubContent): unknown {
  const gated = token === undefined ? false : "auto";
  return { id: repo, sha: commit, siblings: siblingsOf(files), cardData, gated, tags: [] };
}

function siblingsOf(files: HubContent["files"]): unknown {
  return Object.entries(files).map(([rfilename, bytes]) => {
    const size = bytes.length;
    const blob = Buffer.concat([Buffer.from(`blob ${size}\0`), bytes]);
    const blobId = createHash("sha1").update(blob).digest("hex");
    const sha256 = createHash("sha256").update(bytes).digest("hex");
    return { rfilename, size, blobId, ...(size > 1000 && { lfs: { sha256, size } }) };
  });
}

function send(
  local: LocalHub,
  path: string,
  bytes: Uint8Array,
  range: string | undefined,
  fault: Fault | undefined,
  response: ServerResponse,
): void {
  const start = local.ignoresRanges ? undefined : /^bytes=(\d+)-$/.exec(range ?? "")?.[1];
  const from = Number(start ?? 0);
  if (from >= bytes.length && start !== undefined) {
    response.writeHead(416).end();
    return;
  }
  let body = Buffer.from(bytes.subarray(from));
  if (fault?.kind === "flipByte") body[fault.at - from] = (body[fault.at - from] ?? 0) ^ 1;
  const size = body.length;
  response.writeHead(start === undefined ? 200 : 206, {
    "Content-Length": String(size),
    ...(start !== undefined && {
      "Content-Range": `bytes ${from}-${bytes.length - 1}/${bytes.length}`,
    }),
  });
  const isCut = fault?.kind === "drop" || fault?.kind === "stall";
  if (isCut) body = body.subarray(0, fault.afterBytes);
  local.sentBytes.set(path, (local.sentBytes.get(path) ?? 0) + body.length);
  if (!isCut) response.end(body);
  else if (fault.kind === "stall") response.write(body);
  else response.write(body, () => setTimeout(() => response.destroy(), 20));
}
