import { existsSync } from "node:fs";
import { join } from "node:path";

/** Whether a folder holds a run kept by `train --out`, rather than a model. */
export function isRunFolder(folder: string): boolean {
  return existsSync(join(folder, "runs")) && !existsSync(join(folder, "config.json"));
}
