import { Check } from "lucide-react";
import type { Failure } from "#base/errors.ts";
import { useActions } from "#state/hooks.ts";
import type { RemediedCommand } from "#state/setup/remedies.ts";
import { Button } from "../parts/Button.tsx";
import { FailureNotice } from "../parts/Notice.tsx";

interface RefusalProps {
  /** The command that was refused. */
  readonly of: RemediedCommand;
  readonly failure: Failure | null | undefined;
  readonly title: string;
}

/** A refusal in the engine's words, with a button for each change that it says would go. */
export function Refusal({ of: command, failure, title }: RefusalProps) {
  const { applyRemedy } = useActions();
  const buttons = failure?.remedies?.map((remedy) => (
    <Button key={remedy.label} icon={Check} onClick={() => void applyRemedy(command, remedy)}>
      {remedy.label}
    </Button>
  ));
  return <FailureNotice failure={failure} title={title} action={buttons} />;
}
