import { useEffect } from "react";
import {
  useActions,
  useAppState,
  useIsClosingLoss,
  useIsTraining,
  useLiveReport,
} from "#state/hooks.ts";
import { hashFromPlace, placeFromHash } from "#state/place.ts";
import { holdsSettings } from "#state/run/sharing.ts";
import { pageTitle } from "#state/text/pageTitle.ts";

/** What the page does to its surroundings: title, address, theme, screen, the closing of the tab. */
export function usePageEffects(): void {
  const live = useLiveReport();
  const isActive = useIsTraining();
  const title = pageTitle(live);
  useEffect(() => {
    document.title = title;
  }, [title]);
  useAddress();
  useTheme();
  useKeptStorage(isActive);
  useWakeLock(isActive);
  useClosingGuard();
}

/** The hash names the place, so that reload, back and a copied link lead to it. */
function useAddress(): void {
  const place = useAppState((state) => state.place);
  const { goTo, importSettings } = useActions();
  useEffect(() => {
    const follow = () => {
      if (holdsSettings(location.hash)) void importSettings(location.hash);
      else goTo(placeFromHash(location.hash));
    };
    window.addEventListener("hashchange", follow);
    return () => window.removeEventListener("hashchange", follow);
  }, [goTo, importSettings]);
  const hash = hashFromPlace(place);
  useEffect(() => {
    if (hashFromPlace(placeFromHash(location.hash)) === hash) return;
    history.pushState(null, "", hash);
    window.scrollTo({ top: 0 });
    // A reader who cannot see that the page has changed goes on from its start.
    document.getElementById("main")?.focus({ preventScroll: true });
  }, [hash]);
}

function useTheme(): void {
  const theme = useAppState((state) => state.preferences.theme);
  useEffect(() => {
    // No attribute: tokens.css then follows the system.
    if (theme === "system") document.documentElement.removeAttribute("data-theme");
    else document.documentElement.setAttribute("data-theme", theme);
  }, [theme]);
}

/**
 * Asks the browser, once there is a run to lose, not to clear this site when the disk runs full. Some
 * browsers ask the person, others decide by themselves.
 */
function useKeptStorage(isActive: boolean): void {
  const isAsked = useAppState((state) => state.isStorageKept !== null);
  const { tellStorage } = useActions();
  useEffect(() => {
    if (!isActive || isAsked || !("storage" in navigator)) return;
    const ask = async () => {
      const isKept = (await navigator.storage.persisted()) || (await navigator.storage.persist());
      tellStorage(isKept);
    };
    // Refused in some private windows; the store tells of its own troubles.
    void ask().catch(() => tellStorage(false));
  }, [isActive, isAsked, tellStorage]);
}

/** Keeps the screen on while a run is on and the page is in view; the lock ends with the view. */
function useWakeLock(isActive: boolean): void {
  useEffect(() => {
    if (!isActive || !("wakeLock" in navigator)) return;
    let lock: WakeLockSentinel | null = null;
    let isOver = false;
    const take = async () => {
      if (document.visibilityState !== "visible") return;
      // Refused on low battery; training goes on all the same.
      const taken = await navigator.wakeLock.request("screen").catch(() => null);
      if (isOver) await taken?.release();
      else lock = taken;
    };
    const onVisible = () => void take();
    onVisible();
    document.addEventListener("visibilitychange", onVisible);
    return () => {
      isOver = true;
      document.removeEventListener("visibilitychange", onVisible);
      void lock?.release();
    };
  }, [isActive]);
}

/** Where something is not saved; while a run trains a courtesy, as its steps are. */
function useClosingGuard(): void {
  const isLoss = useIsClosingLoss();
  useEffect(() => {
    if (!isLoss) return;
    const ask = (event: BeforeUnloadEvent) => event.preventDefault();
    window.addEventListener("beforeunload", ask);
    return () => window.removeEventListener("beforeunload", ask);
  }, [isLoss]);
}
