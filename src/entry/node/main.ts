import { toFailure } from "#base/errors.ts";
import { type CommandName, commandFlags } from "./commandFlags.ts";
import { evalCommand } from "./eval.ts";
import { type Arguments, readArguments } from "./flags.ts";
import { infoCommand } from "./info.ts";
import { adviceOf } from "./remedies.ts";
import { bundleCommand, exportCommand, replayCommand } from "./replay.ts";
import { scoreCommand } from "./score.ts";
import { trainCommand } from "./train.ts";
import { verifyCommand } from "./verify.ts";
import { writeCommand } from "./write.ts";

const commands: Readonly<Record<CommandName, (args: Arguments) => Promise<void>>> = {
  score: scoreCommand,
  train: trainCommand,
  eval: evalCommand,
  write: writeCommand,
  replay: replayCommand,
  export: exportCommand,
  bundle: bundleCommand,
  verify: verifyCommand,
  info: infoCommand,
};

/**
 * Runs one command of the command line: results on stdout, words for people and the one sentence of a
 * failure on stderr.
 *
 * @returns the exit code
 */
export async function runCommand([name = "", ...rest]: readonly string[]): Promise<0 | 1> {
  let reads: readonly string[] = [];
  try {
    if (!isCommand(name)) {
      throw new Error(
        `There is no command "${name}". Commands: ${Object.keys(commands).join(", ")}.`,
      );
    }
    const args = readArguments(name, rest);
    reads = args.reads;
    await commands[name](args);
    return 0;
  } catch (error) {
    const { message, remedies = [] } = toFailure(error);
    process.stderr.write(`${[message, adviceOf(remedies, reads)].filter(Boolean).join(" ")}\n`);
    return 1;
  }
}

function isCommand(name: string): name is CommandName {
  return Object.hasOwn(commandFlags, name);
}
