import { openFolderStore } from "../folderStore.ts";

/*
 * A process that writes to the folder in its first argument until it is killed, or as often as the
 * second says, and prints the number of each transaction once it is acknowledged.
 */
const [root = "", most = "Infinity"] = process.argv.slice(2);
try {
  const store = await openFolderStore(root);
  const found = await store.get("runs", "a");
  const start = found && "n" in found ? Number(found["n"]) : 0;
  process.stdout.write(`open\n`);
  for (let n = start + 1; n <= start + Number(most); n++) {
    const value = { n };
    const block = new Uint8Array(1000).fill(n % 256);
    await store.transact([
      { type: "put", table: "runs", key: "a", value },
      { type: "put", table: "runs", key: "b", value },
      { type: "deletePrefix", table: "chunks", prefix: "" },
      { type: "put", table: "chunks", key: `${n}/0`, value: block },
      { type: "put", table: "chunks", key: `${n}/1`, value: block },
      { type: "put", table: "journal", key: `a/${String(n).padStart(8, "0")}`, value },
    ]);
    process.stdout.write(`${n}\n`);
  }
  await store.close();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
}
