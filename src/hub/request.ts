import { ZerothError } from "#base/errors.ts";
import { heard, SILENCE_MS, type Sleep, type Watch } from "./silence.ts";

/** A hub and the means to send it requests. The entry point provides it. */
export interface Hub {
  /** As `parseEndpoint` returns it. */
  readonly endpoint: string;
  readonly fetch: typeof fetch;
  /** For gated and private models. Kept in memory and sent to the endpoint only. */
  readonly token?: string;
  /** False if the machine reports that it has no connection. */
  isOnline(): boolean;
  readonly sleep: Sleep;
}

/** The hub asks for a pause before the next request. */
export class TooManyRequests extends ZerothError {
  /** Null if the hub does not say. */
  readonly retryAfterSeconds: number | null;

  constructor(message: string, retryAfterSeconds: number | null) {
    super("E-NET-4", message);
    this.name = "TooManyRequests";
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** The connection failed during a transfer. Continuing from the last byte may help. */
export class ConnectionLost extends ZerothError {
  constructor(message: string, options?: ErrorOptions) {
    super("E-NET-1", message, options);
    this.name = "ConnectionLost";
  }
}

/** A status other than success, 401, 403, 404 and 429. A server error (5xx) may pass. */
export class UnexpectedStatus extends ZerothError {
  readonly status: number;

  constructor(message: string, status: number) {
    super("E-NET-5", message);
    this.name = "UnexpectedStatus";
    this.status = status;
  }
}

/**
 * The server is reachable, but the page could not read its answer. A browser does not report why: the server may
 * not allow pages to read it (CORS), or the connection broke.
 */
export class Unreadable extends ZerothError {
  constructor(message: string, options: ErrorOptions) {
    super("E-NET-6", message, options);
    this.name = "Unreadable";
  }
}

export interface RequestOptions {
  /** What is requested, for messages: `facebook/opt-125m`, `vocab.json of facebook/opt-125m`. */
  readonly what: string;
  /** A page could read from this address a moment ago, so a failure now is not CORS. */
  readonly wasRead?: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** The message for 404, if the caller knows more. */
  readonly missing?: string;
  /** Called when no byte has arrived for a few seconds. */
  readonly onQuiet?: (() => void) | undefined;
}

/** A successful response. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The body in pieces. @throws as `request` if the connection breaks */
  readonly pieces: AsyncIterable<Uint8Array<ArrayBuffer>>;
  /** Closes the connection of a body that is not read. */
  cancel(): Promise<void>;
}

/**
 * Sends a request and returns the hub's answer. A connection that breaks, or brings no byte for `SILENCE_MS`, is
 * lost, both before the answer and during it.
 *
 * @throws ConnectionLost (E-NET-1); ZerothError E-NET-2 401 and 403, -3 404; TooManyRequests
 *   (E-NET-4); UnexpectedStatus (E-NET-5) any other status; Unreadable (E-NET-6) if the server is
 *   reachable but the page cannot read its answer; the signal's reason if it is aborted
 */
export async function request(
  hub: Hub,
  url: string,
  { what, wasRead = false, signal, headers = {}, missing, onQuiet }: RequestOptions,
): Promise<Answer> {
  const isOurs = new URL(url).origin === new URL(hub.endpoint).origin;
  const sent = new Headers(headers);
  if (hub.token !== undefined && isOurs) sent.set("Authorization", `Bearer ${hub.token}`);
  const cut = new AbortController();
  const watch: Watch = { cut, onQuiet };
  const lost = async (cause: unknown) => {
    signal?.throwIfAborted();
    if (cut.signal.aborted) return silent(hub, what);
    return wasRead ? brokenOff(hub, what, cause) : failedToConnect(hub, what, cause);
  };
  // A browser's fetch throws if it is called as a method of another object.
  const { fetch } = hub;
  // With cookies, the answer would depend on who is signed in to the hub in this browser.
  const asking = fetch(url, {
    headers: sent,
    credentials: "omit",
    redirect: "follow",
    referrerPolicy: "no-referrer",
    signal: signal ? AbortSignal.any([signal, cut.signal]) : cut.signal,
  });
  const response = await heard(asking, hub, watch).catch(async (cause: unknown) => {
    throw await lost(cause);
  });
  if (!response.ok) {
    await response.body?.cancel().catch(() => undefined);
    throw refused(hub, response, what, missing);
  }
  const broken = (cause: unknown) => {
    signal?.throwIfAborted();
    return cut.signal.aborted ? silent(hub, what) : brokenOff(hub, what, cause);
  };
  return {
    status: response.status,
    headers: response.headers,
    pieces: piecesOf(response, (reading) => heard(reading, hub, watch), broken),
    cancel: async () => response.body?.cancel(),
  };
}

/** The body in pieces. Safari's streams cannot be iterated, so a reader is used. */
async function* piecesOf(
  response: Response,
  watched: <T>(reading: Promise<T>) => Promise<T>,
  broken: (cause: unknown) => ConnectionLost,
): AsyncGenerator<Uint8Array<ArrayBuffer>> {
  const reader = response.body?.getReader();
  if (!reader) return;
  try {
    for (;;) {
      const { done, value } = await watched(reader.read()).catch((cause: unknown) => {
        throw broken(cause);
      });
      if (done) return;
      yield value;
    }
  } finally {
    // Otherwise the connection stays open.
    await reader.cancel().catch(() => undefined);
  }
}

/** The error for a body that ended early. */
export function brokenOff(hub: Hub, what: string, cause?: unknown): ConnectionLost {
  return new ConnectionLost(
    `The connection to ${hub.endpoint} broke while ${what} was loading. What was loaded is kept; ` +
      `try again to continue from there.`,
    { cause },
  );
}

function silent(hub: Hub, what: string): ConnectionLost {
  return new ConnectionLost(
    `Nothing of ${what} has come from ${hub.endpoint} for ${SILENCE_MS / 1000} s. What was loaded ` +
      `is kept; check the connection and try again.`,
  );
}

/** A browser hides from a page why a fetch failed, so a second request finds out. */
async function failedToConnect(hub: Hub, what: string, cause: unknown): Promise<ZerothError> {
  if (!hub.isOnline()) {
    return new ConnectionLost(
      `There is no connection, so ${what} cannot be loaded. Models that were downloaded before still work.`,
      { cause },
    );
  }
  if (await isReachable(hub)) {
    return new Unreadable(
      `${hub.endpoint} does not let web pages read ${what}. Download the files there and choose ` +
        `them here.`,
      { cause },
    );
  }
  return new ConnectionLost(
    `${hub.endpoint} cannot be reached, so ${what} was not loaded. What was loaded before is kept; ` +
      `try again, or choose files on this machine.`,
    { cause },
  );
}

/** Whether the server answers at all. An opaque answer is allowed even where CORS forbids a readable one. */
async function isReachable({ endpoint, fetch, sleep }: Hub): Promise<boolean> {
  const cut = new AbortController();
  const { signal } = cut;
  try {
    const asking = fetch(endpoint, {
      method: "HEAD",
      mode: "no-cors",
      credentials: "omit",
      signal,
    });
    await heard(asking, { sleep }, { cut });
    return true;
  } catch {
    return false;
  }
}

function refused(hub: Hub, response: Response, what: string, missing?: string): ZerothError {
  const { status, headers } = response;
  if (status === 429) return tooManyRequests(hub, headers);
  // Without a token, the hub answers 401 for missing repositories too; this header tells them apart.
  const isMissing = status === 404 || headers.get("X-Error-Code") === "RepoNotFound";
  if (isMissing) {
    const sentence = missing ?? `There is no ${what} on ${hub.endpoint}. Check the name.`;
    return new ZerothError("E-NET-3", sentence);
  }
  if (status === 401 || status === 403) {
    const signedIn =
      hub.token === undefined
        ? "Accept its terms on its page there, then enter a read token here; it stays in memory only."
        : "The token does not give access either: accept the terms on its page there, or check the token.";
    return new ZerothError(
      "E-NET-2",
      `${hub.endpoint} does not give access to ${what} without a sign-in (status ${status}). ${signedIn} ` +
        `Nothing was loaded.`,
    );
  }
  return new UnexpectedStatus(
    `${hub.endpoint} answered with status ${status} instead of ${what}. What was loaded before is ` +
      `kept; try again later.`,
    status,
  );
}

function tooManyRequests(hub: Hub, headers: Headers): TooManyRequests {
  const seconds = retryAfter(headers.get("Retry-After"));
  const wait = seconds === null ? "a while" : `${seconds} s`;
  return new TooManyRequests(
    `${hub.endpoint} asks to wait ${wait} (too many requests). What was loaded before is kept; the ` +
      `download continues from there.`,
    seconds,
  );
}

/** The seconds of a Retry-After header, which holds seconds or a date. */
function retryAfter(value: string | null): number | null {
  if (value === null) return null;
  if (/^\d{1,6}$/.test(value.trim())) return Number(value);
  const until = Date.parse(value);
  return Number.isNaN(until) ? null : Math.max(0, Math.ceil((until - Date.now()) / 1000));
}
