import { type CommandName, commandFlags } from "./commandFlags.ts";
import { isRunFolder } from "./isRunFolder.ts";

/** One way to use a command. */
export interface Usage {
  /** For a sentence: "train", "eval MODEL". */
  readonly words: string;
  /** The flags it reads. */
  readonly reads: readonly string[];
  /** The other way, if the command takes a model or a run: why it does not apply, and its flags. */
  readonly other?: { readonly why: string; readonly reads: readonly string[] };
}

/** Returns how a command is used with this folder as its argument. */
export function usageOf(command: CommandName, folder = ""): Usage {
  const { flags, ofRun } = commandFlags[command];
  if (!ofRun) return { words: command, reads: flags };
  return isRunFolder(folder)
    ? {
        words: `${command} RUN`,
        reads: ofRun,
        other: { why: `"${folder}" is a run folder`, reads: flags },
      }
    : {
        words: `${command} MODEL`,
        reads: flags,
        other: { why: `"${folder}" is not a run folder`, reads: ofRun },
      };
}
