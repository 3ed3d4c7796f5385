import { toFailure } from "#base/errors.ts";
import { evalCommand } from "./node/eval.ts";
import { readArguments } from "./node/flags.ts";
import { infoCommand } from "./node/info.ts";
import { bundleCommand, exportCommand, replayCommand } from "./node/replay.ts";
import { scoreCommand } from "./node/score.ts";
import { trainCommand } from "./node/train.ts";
import { verifyCommand } from "./node/verify.ts";
import { writeCommand } from "./node/write.ts";

/** The command line: the engine of the page, in Node on Dawn. */
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

const [name = "", ...rest] = process.argv.slice(2);

try {
  const command = Object.entries(commands).find(([known]) => known === name)?.[1];
  if (!command) {
    throw new Error(
      `There is no command "${name}". Commands: ${Object.keys(commands).join(", ")}.`,
    );
  }
  await command(readArguments(rest));
  // Dawn keeps the process alive while its instance is; all work is done.
  process.exit(0);
} catch (error) {
  const { message } = toFailure(error);
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
