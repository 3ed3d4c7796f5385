import { useAppState } from "#state/hooks.ts";
import { InterruptedRuns } from "../runs/InterruptedRuns.tsx";
import { QueueOffer } from "../runs/QueueOffer.tsx";
import { DeviceCard } from "./DeviceCard.tsx";
import { Hero } from "./Hero.tsx";
import styles from "./Home.module.css";
import { HowItWorks } from "./HowItWorks.tsx";
import { NoWebGpu } from "./NoWebGpu.tsx";

/** The first thing seen: what this is, one click to try it, and whether this computer can. */
export function Home() {
  const isUnavailable = useAppState((state) => state.device?.state === "unavailable");
  if (isUnavailable) return <NoWebGpu />;
  return (
    <>
      <InterruptedRuns />
      <QueueOffer />
      <Hero />
      <div className={styles.columns}>
        <DeviceCard />
        <HowItWorks />
      </div>
    </>
  );
}
