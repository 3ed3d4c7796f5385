import { CopyPlus } from "lucide-react";
import type { RunRecord } from "#run/store/records.ts";
import { useActions, useAppState } from "#state/hooks.ts";
import { rulesText } from "#state/setup/dataView.ts";
import { toldSettings } from "#state/setup/settingsForm.ts";
import { Button } from "../parts/Button.tsx";
import { Card } from "../parts/Card.tsx";
import { Facts } from "../parts/Facts.tsx";
import styles from "./Run.module.css";

/** What the run was made with, and the way to another one like it. */
export function RunSettings({ record }: { readonly record: RunRecord }) {
  const { duplicate } = useActions();
  const catalogue = useAppState((state) => state.catalogue);
  const items = toldSettings(catalogue, record.settings);
  return (
    <Card
      title="Settings of this run"
      extra={
        <Button icon={CopyPlus} onClick={() => duplicate(record)}>
          Duplicate with a change
        </Button>
      }
    >
      {/* Until the engine has told the settings' names, there are only their keys. */}
      {catalogue && <Facts items={items} />}
      <p className={styles.template}>
        {"task" in record.task && `${record.task.task}. `}Template{" "}
        <code>{record.task.template}</code>
        {`. First token ${record.task.bos}.`}
      </p>
      {record.data.rules && <p className={styles.soft}>{rulesText(record.data.rules)}</p>}
    </Card>
  );
}
