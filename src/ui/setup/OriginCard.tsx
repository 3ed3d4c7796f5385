import { X } from "lucide-react";
import type { RunRecord } from "#run/store/records.ts";
import type { DifferingField } from "#state/charts/comparison.ts";
import { useActions, useAppState } from "#state/hooks.ts";
import { originDiff } from "#state/hub/origin.ts";
import { hashFromPlace } from "#state/place.ts";
import { UNKNOWN } from "#state/text/format.ts";
import { VerdictBadge } from "../compare/VerdictBadge.tsx";
import { IconButton } from "../parts/Button.tsx";
import { Card } from "../parts/Card.tsx";
import { Notice } from "../parts/Notice.tsx";
import styles from "./OriginCard.module.css";

/** Where these settings came from, and what has been changed since. */
export function OriginCard() {
  const origin = useAppState((state) => state.origin);
  return origin && <Origin origin={origin} />;
}

function Origin({ origin }: { readonly origin: RunRecord }) {
  const state = useAppState((all) => all);
  const { forgetOrigin } = useActions();
  const diff = originDiff(origin, state);
  if (!diff) return null;
  const { fields, verdict, missing } = diff;
  return (
    <Card
      title="Duplicate with a change"
      extra={
        <IconButton icon={X} label="Forget where these settings came from" onClick={forgetOrigin} />
      }
    >
      <p>
        Settings of <a href={hashFromPlace({ name: "run", runId: origin.id })}>{origin.name}</a>.
        Change one of them, and the two runs can be compared.
      </p>
      {missing.length > 0 && (
        <Notice kind="hint">
          To repeat it on the same ground, open {missing.join(" and ")} again.
        </Notice>
      )}
      {fields.length === 0 ? (
        <p className={styles.soft}>Nothing has been changed yet.</p>
      ) : (
        <>
          <Changes fields={fields} />
          <VerdictBadge verdict={verdict} />
        </>
      )}
    </Card>
  );
}

function Changes({ fields }: { readonly fields: readonly DifferingField[] }) {
  return (
    <ul className={styles.changes} aria-label="Changes">
      {fields.map(({ key, name, values: [before, now] }) => (
        <li key={key}>
          <span>{name}</span> <del>{before ?? UNKNOWN}</del> <ins>{now ?? UNKNOWN}</ins>
        </li>
      ))}
    </ul>
  );
}
