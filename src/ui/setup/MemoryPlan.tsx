import { useEffect } from "react";
import { memoryStack } from "#state/charts/stacks.ts";
import { useActions, useAppState } from "#state/hooks.ts";
import { formatBytes } from "#state/text/format.ts";
import { StackedBar } from "../charts/StackedBar.tsx";

/** Typing rests this long before the plan is made anew. */
const REST_MS = 250;

/** What a run of the settings as typed would take on the GPU, before it is started. */
export function MemoryPlan() {
  const model = useAppState((state) => state.model);
  const data = useAppState((state) => state.data);
  const draft = useAppState((state) => state.draft);
  const memory = useAppState((state) => state.memory);
  const isRefused = useAppState((state) => state.failures.planMemory !== undefined);
  const { planMemory } = useActions();
  // biome-ignore lint/correctness/useExhaustiveDependencies: what is planned for, not what is called
  useEffect(() => {
    const timer = setTimeout(() => void planMemory(), REST_MS);
    return () => clearTimeout(timer);
  }, [model, data, draft, planMemory]);
  if (!model || !memory || isRefused) return null;
  const { bytes, totalBytes, isExact } = memory;
  return (
    <StackedBar
      title="GPU memory of this run"
      total={isExact ? formatBytes(totalBytes) : `≈ ${formatBytes(totalBytes)}`}
      parts={memoryStack(bytes)}
      {...(isExact ? {} : { note: "For rows of 64 tokens; exact once rows are open." })}
    />
  );
}
