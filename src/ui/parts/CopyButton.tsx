import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { Button } from "./Button.tsx";

/** The tick stays this long. */
const SHOWN_MS = 2000;

/** Copies a text and says so. Where the browser forbids it, the text can still be selected by hand. */
export function CopyButton({ label, text }: { readonly label: string; readonly text: string }) {
  const [state, setState] = useState<"idle" | "copied" | "refused">("idle");
  useEffect(() => {
    if (state === "idle") return;
    const timer = setTimeout(() => setState("idle"), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [state]);
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setState("copied");
    } catch {
      setState("refused");
    }
  };
  const words = { idle: label, copied: "Copied", refused: "Select it and copy by hand" };
  return (
    <Button icon={state === "copied" ? Check : Copy} onClick={() => void copy()} aria-live="polite">
      {words[state]}
    </Button>
  );
}
