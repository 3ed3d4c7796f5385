import { ZerothError } from "#base/errors.ts";
import { importSettings } from "#run/exchange/importSettings.ts";
import { runPyCommand } from "#run/exchange/runPy.ts";
import { decodeShareLink, encodeShareLink, isShareLink } from "#run/exchange/shareLink.ts";
import type { ModelRecord } from "#run/store/records.ts";
import type { CommandOf } from "./protocol.ts";
import type { ImportedReport } from "./reports.ts";
import type { SessionState } from "./state.ts";

/** Reports the settings of a stored run as a link, and as a command of MeZO's repository. */
export async function shareRun(
  { env, storage }: SessionState,
  { runId }: CommandOf<"shareRun">,
): Promise<void> {
  const runs = await storage.runs();
  const { record } = await runs.loadRun(runId);
  const base = await runs.loadModel(record.modelId).catch(() => null);
  const origin = base?.record.origin;
  const link = linkOf(() =>
    encodeShareLink({
      settings: record.settings,
      task: record.task,
      ...(record.data.rules && { rules: record.data.rules }),
      ...(origin && { model: nameOnHub(origin) }),
    }),
  );
  const runPy = runPyCommand({ ...record, modelName: origin?.repo ?? record.modelName });
  env.emit({ type: "shared", share: { runId, ...link, runPy } });
}

function nameOnHub({ repo, commit }: NonNullable<ModelRecord["origin"]>): string {
  return commit === "" ? repo : `${repo}@${commit}`;
}

/** Settings that are too long for a link still have everything else to show. */
function linkOf(encode: () => string): { fragment: string | null; whyNoLink: string } {
  try {
    return { fragment: encode(), whyNoLink: "" };
  } catch (error) {
    if (error instanceof ZerothError) return { fragment: null, whyNoLink: error.message };
    throw error;
  }
}

/**
 * Settings from a link, a file saved from a run, or a command line of MeZO's repository.
 *
 * @throws ZerothError E-CFG-1 for what cannot be used; nothing is changed then
 */
export async function readSettings(
  { env }: SessionState,
  { text }: CommandOf<"readSettings">,
): Promise<void> {
  env.emit({ type: "imported", imported: read(text.trim()) });
}

function read(text: string): ImportedReport {
  const fragment = /#?c=[\w-]+$/.exec(text)?.[0];
  if (fragment !== undefined && isShareLink(fragment)) {
    const { settings, task, rules = {}, model } = decodeShareLink(fragment);
    return { settings, task: task ?? null, rules, model: model ?? null, name: "", notes: [] };
  }
  const { settings, task, rules, model, name, notes } = importSettings(text);
  return { settings, task, rules, model, name, notes };
}
