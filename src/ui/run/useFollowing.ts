import { useEffect } from "react";
import { useActions, useRunAccess } from "#state/hooks.ts";

const EVERY_MS = 1000;

/** Keeps a run that is looked at up to date with the tab that holds it, while this one is in view. */
export function useFollowing(runId: string): void {
  const { isLive } = useRunAccess(runId);
  const { followRun } = useActions();
  useEffect(() => {
    if (isLive) return;
    const look = () => {
      if (document.visibilityState === "visible") void followRun(runId);
    };
    const timer = setInterval(look, EVERY_MS);
    return () => clearInterval(timer);
  }, [isLive, runId, followRun]);
}
