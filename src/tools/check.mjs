// @ts-check
// `npm run check`: everything that needs neither a GPU nor a browser.
import { join } from "node:path";
import { checkStages } from "./checkStages.mjs";
import { ensureDependencies } from "./dependencies.mjs";
import { cacheFolder } from "./paths.mjs";
import { runQuietly } from "./stages.mjs";

try {
  ensureDependencies();
  const outcomes = await runQuietly(checkStages(join(cacheFolder, "reports", "check-unit.json")));
  process.exitCode = outcomes.every(({ ok }) => ok) ? 0 : 1;
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
