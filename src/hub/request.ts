import { ZerothError } from "#base/errors.ts";
import { heard, SILENCE_MS, type Sleep, type Watch } from "./silence.ts";

/** A hub as it is asked: brought by whoever knows where the program runs. */
export interface Hub {
  /** As `parseEndpoint` gives it. */
  readonly endpoint: string;
  readonly fetch: typeof fetch;
  /** For models behind a sign-in. Kept in memory and sent to the endpoint only. */
  readonly token?: string;
  /** False where the machine itself says it has no connection. */
  isOnline(): boolean;
  readonly sleep: Sleep;
}

/** The hub asks for a pause. The caller may count it down. */
export class TooManyRequests extends ZerothError {
  /** Null where the hub did not say. */
  readonly retryAfterSeconds: number | null;

  constructor(message: string, retryAfterSeconds: number | null) {
    super("E-NET-4", message);
    this.name = "TooManyRequests";
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** The connection failed on the way; going on where it stopped may help. */
export class ConnectionLost extends ZerothError {
  constructor(message: string, options?: ErrorOptions) {
    super("E-NET-1", message, options);
    this.name = "ConnectionLost";
  }
}

/** A status that says neither yes nor why not. Which one it was tells whether asking again may help. */
export class UnexpectedStatus extends ZerothError {
  readonly status: number;

  constructor(message: string, status: number) {
    super("E-NET-5", message);
    this.name = "UnexpectedStatus";
    this.status = status;
  }
}

/**
 * No answer came that the page may read, though the server is there. A browser tells a page nothing
 * more: either the server does not let pages read, or this one connection broke.
 */
export class Unreadable extends ZerothError {
  constructor(message: string, options: ErrorOptions) {
    super("E-NET-6", message, options);
    this.name = "Unreadable";
  }
}

export interface RequestOptions {
  /** What is asked for, in a sentence: `facebook/opt-125m`, `vocab.json of facebook/opt-125m`. */
  readonly what: string;
  /** It was read from a moment ago, so that a failure now is no refusal to let pages read it. */
  readonly wasRead?: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly headers?: Readonly<Record<string, string>>;
  /** The sentence for 404, where the caller knows more. */
  readonly missing?: string;
  /** Told when nothing has come for a few seconds. */
  readonly onQuiet?: (() => void) | undefined;
}

/** A response with a status of success. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  /** The body, piece by piece. @throws as `request` where it breaks off */
  readonly pieces: AsyncIterable<Uint8Array<ArrayBuffer>>;
  /** For a body that nobody reads: its connection would stay open. */
  cancel(): Promise<void>;
}

/**
 * The hub's answer. A connection that breaks, and one that brings nothing for `SILENCE_MS`, is lost,
 * be it before the answer or in the midst of it.
 *
 * @throws ConnectionLost (E-NET-1); ZerothError E-NET-2 401 and 403, -3 404; TooManyRequests
 *   (E-NET-4); UnexpectedStatus (E-NET-5) any other status; Unreadable (E-NET-6) where the server is
 *   there and yet the page gets no answer; the signal's reason if it is aborted
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
  // Taken out first: a browser's own fetch refuses to be called as a method of something else.
  const { fetch } = hub;
  // Cookies would make the answer depend on who is signed in there in this browser.
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

/** The body, piece by piece. Safari's streams cannot be iterated, so a reader is used. */
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
    // Without this a connection stays open that nobody reads.
    await reader.cancel().catch(() => undefined);
  }
}

/** A body that ended before its end. */
export function brokenOff(hub: Hub, what: string, cause?: unknown): ConnectionLost {
  return new ConnectionLost(
    `The connection to ${hub.endpoint} broke while ${what} was loading. What was loaded is kept; ` +
      `try again and it goes on from there.`,
    { cause },
  );
}

function silent(hub: Hub, what: string): ConnectionLost {
  return new ConnectionLost(
    `Nothing of ${what} has come from ${hub.endpoint} for ${SILENCE_MS / 1000} s. What was loaded ` +
      `is kept; check the connection and try again.`,
  );
}

/** The reason a fetch rejects is hidden from a page, so another plain question has to tell. */
async function failedToConnect(hub: Hub, what: string, cause: unknown): Promise<ZerothError> {
  if (!hub.isOnline()) {
    return new ConnectionLost(
      `There is no connection, so ${what} cannot be loaded. Models that are already here still work.`,
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

/** Whether the server answers at all: an opaque answer is allowed where a readable one is not. */
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
  // To someone not signed in the hub answers 401 also where there is nothing, and says so here.
  const isMissing = status === 404 || headers.get("X-Error-Code") === "RepoNotFound";
  if (isMissing) {
    const sentence = missing ?? `There is no ${what} on ${hub.endpoint}. Check the name.`;
    return new ZerothError("E-NET-3", sentence);
  }
  if (status === 401 || status === 403) {
    const signedIn =
      hub.token === undefined
        ? "Accept its terms on its page there, then enter a read token here; it stays in memory only."
        : "The token given does not open it: accept the terms on its page there, or check the token.";
    return new ZerothError(
      "E-NET-2",
      `${hub.endpoint} does not hand out ${what} without a sign-in (status ${status}). ${signedIn} ` +
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
      `download goes on from there.`,
    seconds,
  );
}

/** Seconds, whichever of its two forms the header has. */
function retryAfter(value: string | null): number | null {
  if (value === null) return null;
  if (/^\d{1,6}$/.test(value.trim())) return Number(value);
  const until = Date.parse(value);
  return Number.isNaN(until) ? null : Math.max(0, Math.ceil((until - Date.now()) / 1000));
}
