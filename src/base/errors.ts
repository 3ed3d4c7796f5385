/**
 * An error to show to a person: one or two sentences that say what happened, what was kept and what to
 * do. The code is stable and documented; the text may change.
 */
export class ZerothError extends Error {
  readonly code: ErrorCode;
  /** Changes of which each one alone solves the problem. */
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

/** A change that makes a rejected command succeed. */
export interface Remedy {
  /** Caption of a button: "Store weights as f16". */
  readonly label: string;
  /** Settings of a run, by key. */
  readonly settings: Readonly<Record<string, string | number | boolean>>;
  /** Limit to the tokens of a text. */
  readonly maxLength?: number;
}

/** One code for each cause that a caller or a reader treats differently. Documented in `docs/errors.md`. */
export const errorCauses = {
  "E-GPU-1": "This browser has no WebGPU.",
  "E-GPU-2": "WebGPU is there, but it offers no adapter.",
  "E-GPU-4": "The GPU lacks a limit or feature that is needed.",
  "E-GPU-5": "A shader does not compile.",
  "E-GPU-6": "The GPU device was lost.",
  "E-GPU-7": "The GPU device was lost again within two minutes.",
  "E-GPU-8": "The GPU rejected work.",
  "E-GPU-9": "Results of the GPU are wrong: a self-test or a comparison failed.",
  "E-MEM-1": "The model or run does not fit into GPU memory.",
  "E-FILE-1": "The files are not those of a model.",
  "E-FILE-2": "A file is cut off.",
  "E-FILE-3": "A file is corrupt.",
  "E-FILE-4": "The model architecture is not supported.",
  "E-FILE-5": "The tensors do not match config.json.",
  "E-FILE-6": "A pickle file contains code.",
  "E-FILE-7": "The tokenizer is missing or of an unsupported kind.",
  "E-FILE-8": "Reading a file took too long or too much memory, and was stopped.",
  "E-FILE-9": "No reference values are known for this model.",
  "E-FILE-10": "A weight is too large to be stored as f16.",
  "E-DATA-1": "A row is malformed, or no row can be used.",
  "E-DATA-2": "A column is missing.",
  "E-DATA-3": "A label has no label word.",
  "E-DATA-5": "A text is too long.",
  "E-DATA-6": "A split leaves no examples where some are needed.",
  "E-DATA-7": "The data set has no such row.",
  "E-DATA-8": "A data file cannot be read as a table.",
  "E-DATA-9": "A data file is larger than what is read.",
  "E-TASK-1": "A template is malformed, or names no column.",
  "E-TASK-2": "The labels, words or options of a task do not fit together.",
  "E-TASK-3": "The task needs a score head that the model does not have, or cannot use one.",
  "E-CFG-1": "A setting has the wrong type or is out of range.",
  "E-CFG-2": "There is no method, setting, task or kernel of that name.",
  "E-CFG-3": "Settings conflict with each other.",
  "E-CFG-4": "No parameter matches the pattern of trainable names.",
  "E-CFG-5": "Imported settings cannot be read.",
  "E-CFG-6": "Imported settings ask for something that is not supported.",
  "E-CFG-7": "The settings are too long for a link.",
  "E-CLI-1": "A flag is unknown, lacks its value, or has one that it does not take.",
  "E-CLI-2": "Flags conflict with each other.",
  "E-CLI-3": "A command lacks an argument, or has too many.",
  "E-OPEN-1": "The command needs a model, data or run to be open.",
  "E-BUSY-1": "A running training prevents the command, or the model is in use.",
  "E-RUN-1": "The run has not reached that step.",
  "E-RUN-2": "The run has no best step, because nothing was evaluated.",
  "E-RUN-3": "A run needs a name.",
  "E-TRAIN-1": "A loss was not a finite number.",
  "E-TRAIN-2": "The loss diverged.",
  "E-STORE-1": "There is not enough storage to start.",
  "E-STORE-2": "Storage filled up during a run.",
  "E-STORE-3": "Stored data is missing or damaged.",
  "E-STORE-4": "Storage cannot be opened, read or written.",
  "E-STORE-6": "Another process writes to the folder of a run.",
  "E-STORE-7": "The stored run is open for reading only.",
  "E-STORE-8": "Another run of the same id is stored already.",
  "E-TAB-3": "Another tab trains this run.",
  "E-NET-1": "The machine is offline, or the connection broke.",
  "E-NET-2": "The Hub asks for consent or a sign-in.",
  "E-NET-3": "There is no such model, revision or file on the Hub.",
  "E-NET-4": "The Hub limits the number of requests.",
  "E-NET-5": "The server's answer is not what was requested.",
  "E-NET-6": "The server does not let web pages read the file.",
  "E-NET-7": "The text is not a name, revision or address on the Hub.",
} as const;

export type ErrorCode = keyof typeof errorCauses;

/** The GPU device was lost. The caller may request a new one and continue from the journal. */
export class DeviceLost extends ZerothError {
  constructor(message: string) {
    super("E-GPU-6", message);
    this.name = "DeviceLost";
  }
}

/** A write was rejected because storage is full. What was stored before is intact. */
export class StorageFull extends ZerothError {
  constructor(message: string) {
    super("E-STORE-2", message);
    this.name = "StorageFull";
  }
}

/** An error as plain data, for messages between threads and for logs. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  /** Changes that solve the problem, if any are known. */
  readonly remedies?: readonly Remedy[];
}

/** The error a failure was made from, on the other side of a thread. */
export function fromFailure({ code, message, remedies = [] }: Failure): Error {
  return isErrorCode(code) ? new ZerothError(code, message, { remedies }) : new Error(message);
}

function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(errorCauses, code);
}

/** Returns anything that was thrown as plain data. */
export function toFailure(error: unknown): Failure {
  if (error instanceof ZerothError) {
    const { code, message, remedies } = error;
    return { code, message, ...(remedies.length > 0 && { remedies }) };
  }
  if (error instanceof Error) return { code: error.name, message: error.message };
  return { code: "Error", message: String(error) };
}
