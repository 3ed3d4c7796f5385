import { useAppState } from "#state/hooks.ts";
import { travelPlace } from "#state/run/travel.ts";
import { Notice } from "../parts/Notice.tsx";

/** Said wherever something is done with the weights, while they are not the last ones. */
export function TravelNote({ runId, verb }: { readonly runId: string; readonly verb: string }) {
  const report = useAppState((state) => state.reports[runId]);
  const place = report ? travelPlace(report) : null;
  if (place === null) return null;
  return (
    <Notice kind="hint">
      {verb} the model {place}.
    </Notice>
  );
}
