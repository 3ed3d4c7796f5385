import { toFailure, ZerothError } from "#base/errors.ts";
import { type CommandName, commandFlags } from "./commandFlags.ts";
import { evalCommand } from "./eval.ts";
import { type Arguments, readArguments } from "./flags.ts";
import { helpOf, overview } from "./help.ts";
import { infoCommand } from "./info.ts";
import { adviceOf } from "./remedies.ts";
import { bundleCommand, exportCommand, replayCommand } from "./replay.ts";
import { listCommand } from "./runFolder.ts";
import { scoreCommand } from "./score.ts";
import { trainCommand } from "./train.ts";
import { verifyCommand } from "./verify.ts";
import { writeCommand } from "./write.ts";

/** A command. If it returns a number, that is the exit code. */
type Command = (args: Arguments) => Promise<unknown>;

const commands: Readonly<Record<CommandName, Command>> = {
  score: scoreCommand,
  train: (args) => trainCommand(args),
  list: listCommand,
  eval: evalCommand,
  write: writeCommand,
  replay: replayCommand,
  export: exportCommand,
  bundle: bundleCommand,
  verify: verifyCommand,
  info: infoCommand,
};

const helpNames: readonly string[] = ["help", "--help", "-h"];

/**
 * Runs one command of the command line: results on stdout, messages and the error of a failure on stderr.
 *
 * @returns the exit code
 */
export async function runCommand([name = "", ...rest]: readonly string[]): Promise<number> {
  let reads: readonly string[] = [];
  try {
    if (helpNames.includes(name)) {
      const [topic = ""] = rest;
      process.stdout.write(`${isCommand(topic) ? helpOf(topic) : overview()}\n`);
      return 0;
    }
    if (name === "") {
      process.stderr.write(`${overview()}\n`);
      return 1;
    }
    if (!isCommand(name)) {
      throw new ZerothError(
        "E-CLI-3",
        `There is no command "${name}". Commands: ${Object.keys(commands).join(", ")}.`,
      );
    }
    if (rest.includes("--help") || rest.includes("-h")) {
      process.stdout.write(`${helpOf(name)}\n`);
      return 0;
    }
    const args = readArguments(name, rest);
    reads = args.reads;
    const code = await commands[name](args);
    return typeof code === "number" ? code : 0;
  } catch (error) {
    const { message, remedies = [] } = toFailure(error);
    process.stderr.write(`${[message, adviceOf(remedies, reads)].filter(Boolean).join(" ")}\n`);
    return 1;
  }
}

function isCommand(name: string): name is CommandName {
  return Object.hasOwn(commandFlags, name);
}
