/**
 * A problem worth telling a person: one or two sentences that say what happened, what was kept and
 * what to do. The code is stable and documented; the text may improve.
 */
export class ZerothError extends Error {
  readonly code: ErrorCode;
  /** Each alone would do away with the problem. */
  readonly remedies: readonly Remedy[];

  constructor(
    code: ErrorCode,
    message: string,
    { remedies = [], ...options }: ErrorOptions & { readonly remedies?: readonly Remedy[] } = {},
  ) {
    super(message, options);
    this.name = "ZerothError";
    this.code = code;
    this.remedies = remedies;
  }
}

/** What to change so that something that was refused would go. */
export interface Remedy {
  /** As a button has it: "Store weights as f16". */
  readonly label: string;
  /** Settings of a run, by key. */
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  /** Tokens kept of a text. */
  readonly maxLength?: number;
}

/** The families of problems, by where they arise. The number separates what a caller may treat apart. */
export type ErrorCode =
  | "E-GPU-1" // no WebGPU in this browser
  | "E-GPU-2" // WebGPU, but no adapter
  | "E-GPU-4" // a limit or feature is missing
  | "E-GPU-5" // a shader or the self-test failed, or the GPU refused work
  | "E-GPU-6" // the device was lost
  | "E-GPU-7" // lost again soon after
  | "E-MEM-1" // the model does not fit
  | "E-FILE-1" // not a checkpoint
  | "E-FILE-2" // truncated
  | "E-FILE-3" // corrupt
  | "E-FILE-4" // unsupported architecture
  | "E-FILE-5" // tensors do not match the config
  | "E-FILE-6" // dangerous pickle
  | "E-FILE-7" // tokenizer missing or foreign
  | "E-DATA-1" // malformed row
  | "E-DATA-2" // missing field
  | "E-DATA-3" // label without a word
  | "E-DATA-4" // words that cannot be told apart
  | "E-DATA-5" // too long
  | "E-CFG-1" // bad setting
  | "E-TRAIN-1" // loss is not a number
  | "E-TRAIN-2" // loss runs away
  | "E-STORE-1" // no room before start
  | "E-STORE-2" // storage full during a run
  | "E-STORE-3" // stored data missing or damaged
  | "E-TAB-3" // another tab trains this run
  | "E-NET-1" // offline, or the connection broke
  | "E-NET-2" // the hub asks for consent or a sign-in
  | "E-NET-3" // no such model, revision or file
  | "E-NET-4" // too many requests
  | "E-NET-5" // the server answered with something else than was asked
  | "E-NET-6"; // the server does not let web pages read it

/** The GPU went away. The caller may get a new device and go on from the journal. */
export class DeviceLost extends ZerothError {
  constructor(message: string) {
    super("E-GPU-6", message);
    this.name = "DeviceLost";
  }
}

/** The store refused a write for want of room. Nothing already stored is harmed. */
export class StorageFull extends ZerothError {
  constructor(message: string) {
    super("E-STORE-2", message);
    this.name = "StorageFull";
  }
}

/** Plain form of any error, for crossing a thread or standing in a log. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  /** What would do away with it, where that is known. */
  readonly remedies?: readonly Remedy[];
}

/** What to tell a person about anything that was thrown. */
export function toFailure(error: unknown): Failure {
  if (error instanceof ZerothError) {
    const { code, message, remedies } = error;
    return { code, message, ...(remedies.length > 0 && { remedies }) };
  }
  if (error instanceof Error) return { code: error.name, message: error.message };
  return { code: "Error", message: String(error) };
}
