import { existsSync } from "node:fs";
import { join } from "node:path";

/** True for a folder of runs as `train --out` makes it; false for a model folder. */
export function isRunFolder(folder: string): boolean {
  return existsSync(join(folder, "runs")) && !existsSync(join(folder, "config.json"));
}
