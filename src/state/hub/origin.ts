import type { RunRecord } from "#run/store/records.ts";
import {
  comparability,
  type DifferingField,
  differingFields,
  type Verdict,
} from "../charts/comparison.ts";
import { parseDraft } from "../setup/settingsForm.ts";
import type { AppState } from "../store.ts";

/** The run that the setup began from, against what is set up now. */
export interface OriginDiff {
  readonly fields: readonly DifferingField[];
  readonly verdict: Verdict;
  /** What is not open any more and must be opened again for a fair comparison. */
  readonly missing: readonly string[];
}

export function originDiff(
  origin: RunRecord,
  state: Pick<AppState, "catalogue" | "draft" | "model" | "data" | "device">,
): OriginDiff | null {
  const { catalogue, draft, model, data, device } = state;
  if (!catalogue) return null;
  const { values } = parseDraft(catalogue, draft);
  const missing: string[] = [];
  if (!model) missing.push(`the model ${origin.modelName}`);
  if (!data) missing.push(`the rows ${origin.data.trainName}`);
  const now = {
    settings: values,
    modelName: model?.name ?? origin.modelName,
    // Until its first start a model has no fingerprint: it is then known by its name only.
    modelId: model?.sha256 || origin.modelId,
    data: data ?? origin.data,
    task: data?.task ?? origin.task,
    adapter: device?.name ?? origin.adapter,
  };
  const fields = differingFields([origin, now], catalogue);
  return { fields, verdict: comparability(fields), missing };
}
