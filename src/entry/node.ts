import { runCommand } from "./node/main.ts";

/** The command line: the engine of the page, in Node on Dawn. */
const code = await runCommand(process.argv.slice(2));
// Dawn keeps the process alive while its instance is; all work is done.
process.exit(code);
