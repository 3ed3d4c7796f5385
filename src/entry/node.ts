import { runCommand } from "./node/main.ts";

/** The command line: the engine of the page, in Node on Dawn. */
const code = await runCommand(process.argv.slice(2));
// All work is done, but Dawn would keep the process alive.
process.exit(code);
