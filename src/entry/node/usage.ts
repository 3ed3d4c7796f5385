import { type CommandName, commandFlags } from "./commandFlags.ts";
import { isRunFolder } from "./isRunFolder.ts";

/** One way to use a command. */
export interface Usage {
  /** As it stands in a sentence: "train", "eval MODEL". */
  readonly words: string;
  /** The flags it reads. */
  readonly reads: readonly string[];
  /** The other way, where the command takes a model or a kept run: why it is not that, and its flags. */
  readonly other?: { readonly why: string; readonly reads: readonly string[] };
}

/** How a command is used with this folder behind it. */
export function usageOf(command: CommandName, folder = ""): Usage {
  const { flags, ofRun } = commandFlags[command];
  if (!ofRun) return { words: command, reads: flags };
  return isRunFolder(folder)
    ? {
        words: `${command} RUN`,
        reads: ofRun,
        other: { why: `"${folder}" is a kept run`, reads: flags },
      }
    : {
        words: `${command} MODEL`,
        reads: flags,
        other: { why: `"${folder}" is no kept run`, reads: ofRun },
      };
}
