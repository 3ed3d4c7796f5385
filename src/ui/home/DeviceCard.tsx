import { CircleCheck, CircleX } from "lucide-react";
import type { DeviceReport, SelfTestResult } from "#session/reports.ts";
import { useAppState } from "#state/hooks.ts";
import { formatCount, formatLimit } from "#state/text/format.ts";
import { Card } from "../parts/Card.tsx";
import { Facts } from "../parts/Facts.tsx";
import { FailureNotice, Notice } from "../parts/Notice.tsx";
import { Waiting } from "../parts/ProgressBar.tsx";
import styles from "./Home.module.css";
import { Kernels } from "./Kernels.tsx";

/** What the browser says of the GPU, and what the start-up checks measured on it. */
export function DeviceCard() {
  const device = useAppState((state) => state.device);
  const failure = useAppState((state) => state.failures.checkDevice);
  return (
    <Card title="This computer">
      <FailureNotice failure={failure} />
      {device ? <Device device={device} /> : !failure && <Waiting label="Looking at the GPU" />}
    </Card>
  );
}

function Device({ device }: { readonly device: DeviceReport }) {
  return (
    <>
      <p className={styles.gpu}>{device.name}</p>
      {device.isSoftware && (
        <Notice kind="hint" title="Software emulation">
          Your browser imitates a GPU on the processor. The trial works, only slower. For OPT-125m
          and larger, turn on hardware acceleration in the browser's system settings.
        </Notice>
      )}
      <Facts
        items={[
          { name: "Vendor", value: device.vendor || "—" },
          { name: "Architecture", value: device.architecture || "—" },
          { name: "16-bit floats", value: device.hasF16 ? "yes" : "no" },
          { name: "Subgroups", value: device.hasSubgroups ? "yes" : "no" },
        ]}
      />
      <SelfTest results={device.selfTest} />
      <Kernels />
      <details className={styles.limits}>
        <summary>{formatCount(device.limits.length)} limits of this GPU</summary>
        <Facts
          isWide
          items={device.limits.map(({ name, value }) => ({
            name,
            value: formatLimit(name, value),
          }))}
        />
      </details>
    </>
  );
}

function SelfTest({ results }: { readonly results: readonly SelfTestResult[] }) {
  return (
    <ul className={styles.checks} aria-label="Arithmetic checked on this GPU">
      {results.map((result) => (
        <li key={result.name}>
          {result.passed ? (
            <CircleCheck className={styles.passed} size="1.1rem" aria-label="Passed" />
          ) : (
            <CircleX className={styles.missed} size="1.1rem" aria-label="Failed" />
          )}
          <span>
            {result.name}
            <small>{result.detail}</small>
          </span>
        </li>
      ))}
    </ul>
  );
}
