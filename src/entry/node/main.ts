import { toFailure } from "#base/errors.ts";
import { evalCommand } from "./eval.ts";
import { readArguments } from "./flags.ts";
import { infoCommand } from "./info.ts";
import { adviceOf } from "./remedies.ts";
import { bundleCommand, exportCommand, replayCommand } from "./replay.ts";
import { scoreCommand } from "./score.ts";
import { trainCommand } from "./train.ts";
import { verifyCommand } from "./verify.ts";
import { writeCommand } from "./write.ts";

const commands = {
  score: scoreCommand,
  train: trainCommand,
  eval: evalCommand,
  write: writeCommand,
  replay: replayCommand,
  export: exportCommand,
  bundle: bundleCommand,
  verify: verifyCommand,
  info: infoCommand,
} as const;

/**
 * Runs one command of the command line: results on stdout, words for people and the one sentence of a
 * failure on stderr.
 *
 * @returns the exit code
 */
export async function runCommand([name = "", ...rest]: readonly string[]): Promise<0 | 1> {
  try {
    const command = Object.entries(commands).find(([known]) => known === name)?.[1];
    if (!command) {
      throw new Error(
        `There is no command "${name}". Commands: ${Object.keys(commands).join(", ")}.`,
      );
    }
    await command(readArguments(rest));
    return 0;
  } catch (error) {
    const { message, remedies = [] } = toFailure(error);
    process.stderr.write(`${[message, adviceOf(remedies)].filter(Boolean).join(" ")}\n`);
    return 1;
  }
}
