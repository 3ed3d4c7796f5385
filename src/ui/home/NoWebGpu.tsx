import { Copy, History, RotateCw } from "lucide-react";
import { useState } from "react";
import { useActions, useAppState } from "#state/hooks.ts";
import { Button } from "../parts/Button.tsx";
import { Card } from "../parts/Card.tsx";
import { Notice } from "../parts/Notice.tsx";
import styles from "./Home.module.css";

const NO_WEBGPU = [
  {
    name: "Chrome or Edge",
    text: "Version 113 or newer on a computer, 121 or newer on Android. Check Settings → System → Use graphics acceleration.",
  },
  { name: "Safari", text: "Version 26 or newer, on macOS, iOS, iPadOS and visionOS." },
  { name: "Firefox", text: "Version 141 or newer on Windows; newer ones on macOS." },
  {
    name: "Chrome on Linux",
    text: "Open chrome://flags, search for “Vulkan” and “WebGPU”, enable both, and start the browser again.",
  },
];

const NO_ADAPTER = [
  {
    name: "Hardware acceleration is off",
    text: "In Chrome and Edge: Settings → System → Use graphics acceleration when available, then restart.",
  },
  {
    name: "The driver is blocked",
    text: "chrome://gpu lists the reason. A newer graphics driver is often all it takes.",
  },
  {
    name: "Linux without Vulkan",
    text: "Install the Vulkan driver of your GPU, then enable “Vulkan” at chrome://flags.",
  },
];

/** Said instead of an empty page: why training cannot run here, and what would help. */
export function NoWebGpu() {
  const { checkDevice, goTo } = useActions();
  const failure = useAppState((state) => state.device?.failure);
  const hasNoAdapter = failure?.code === "E-GPU-2";
  const remedies = hasNoAdapter ? NO_ADAPTER : NO_WEBGPU;
  return (
    <section className={styles.words} aria-labelledby="unavailable">
      <h1 id="unavailable">
        {hasNoAdapter ? "No GPU was offered to this page" : "Training needs WebGPU"}
      </h1>
      <p className={styles.lead}>
        Zeroth fine-tunes OPT language models on your own GPU, inside the browser.{" "}
        {hasNoAdapter
          ? "This browser knows WebGPU, but found no GPU to use."
          : "This browser does not offer WebGPU yet."}
      </p>
      {failure && (
        <Notice kind="hint" code={failure.code}>
          {failure.message}
        </Notice>
      )}
      {!window.isSecureContext && (
        <Notice kind="hint" title="This page was not opened over https">
          Browsers offer WebGPU on https pages and on localhost only.
        </Notice>
      )}
      <div className={styles.buttons}>
        <Button kind="primary" icon={RotateCw} onClick={() => void checkDevice()}>
          Check again
        </Button>
        <CopyLink />
        <Button icon={History} onClick={() => goTo({ name: "runs" })}>
          Browse saved runs
        </Button>
      </div>
      <Card title={hasNoAdapter ? "What usually helps" : "Where it works"}>
        <ul className={styles.browsers}>
          {remedies.map(({ name, text }) => (
            <li key={name}>
              <h3>{name}</h3>
              <p>{text}</p>
            </li>
          ))}
        </ul>
      </Card>
    </section>
  );
}

function CopyLink() {
  const [isCopied, setIsCopied] = useState(false);
  // Absent where the page was not opened over https, which may be the very problem.
  if (!window.isSecureContext) return null;
  const copy = async () => {
    await navigator.clipboard.writeText(location.href);
    setIsCopied(true);
  };
  return (
    <Button icon={Copy} onClick={() => void copy()}>
      {isCopied ? "Link copied" : "Copy link"}
    </Button>
  );
}
