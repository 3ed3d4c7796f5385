import { runCommand } from "../node/main.ts";

// Runs commands one after another in this process, on the driver it was started with: a new Node for
// each would spend most of its time on reading the sources.

/** What a command said, taken instead of printed. */
const said = { stdout: "", stderr: "" };
for (const name of ["stdout", "stderr"] as const) {
  process[name].write = (text: string | Uint8Array) => {
    said[name] += String(text);
    return true;
  };
}
console.error = (...words: readonly unknown[]) => {
  said.stderr += `${words.join(" ")}\n`;
};

let last: Promise<void> = Promise.resolve();
process.on("message", (args: readonly string[]) => {
  last = last.then(async () => {
    Object.assign(said, { stdout: "", stderr: "" });
    const code = await runCommand(args);
    process.send?.({ code, ...said });
  });
});
process.on("disconnect", () => process.exit(0));
