import { useState } from "react";
import type { DataReport } from "#session/reports.ts";
import { useActions, useAppState } from "#state/hooks.ts";
import {
  isDrawUsual,
  parseSize,
  SIZES,
  type SizeName,
  withUsualDraw,
} from "#state/setup/dataView.ts";
import { Button } from "../parts/Button.tsx";
import controls from "../parts/controls.module.css";
import { FailureNotice } from "../parts/Notice.tsx";
import styles from "./Data.module.css";
import { LabelBalance } from "./LabelBalance.tsx";
import setup from "./Setup.module.css";

/** Which rows are trained on, watched and tested: as MeZO draws them, or as one says. */
export function RowSplit({ data }: { readonly data: DataReport }) {
  const failure = useAppState((state) => state.failures.setRules);
  const { setRules } = useActions();
  return (
    <div className={styles.fold}>
      <p>{data.split}</p>
      {!data.isStored && (
        <div className={setup.form}>
          {SIZES.map(({ key, name, min }) => (
            <Size key={key} data={data} size={key} name={name} min={min} />
          ))}
          {data.fileNames.length === 2 && <SecondFile data={data} />}
        </div>
      )}
      <FailureNotice failure={failure} />
      {!data.isStored && !isDrawUsual(data) && (
        <div className={setup.row}>
          <Button kind="quiet" onClick={() => void setRules(withUsualDraw(data))}>
            Back to the usual sizes
          </Button>
        </div>
      )}
      <LabelBalance data={data} />
    </div>
  );
}

interface SizeProps {
  readonly data: DataReport;
  readonly size: SizeName;
  readonly name: string;
  readonly min: number;
}

/** Taken over when the field is left or Enter is pressed: a draw half typed would be refused. */
function Size({ data, size, name, min }: SizeProps) {
  const { setRules } = useActions();
  const known = String(data.rules[size]);
  const [text, setText] = useState<string | null>(null);
  const take = () => {
    const value = parseSize(text ?? known, min);
    if (value !== null && value !== data.rules[size]) {
      void setRules({ ...data.chosenRules, [size]: value });
    }
    setText(null);
  };
  return (
    <label className={controls.field}>
      <span className={controls.label}>{name}</span>
      <input
        className={`${controls.input} ${controls.mono}`}
        inputMode="numeric"
        value={text ?? known}
        onChange={(event) => setText(event.target.value)}
        onBlur={take}
        onKeyDown={(event) => event.key === "Enter" && take()}
      />
    </label>
  );
}

function SecondFile({ data }: { readonly data: DataReport }) {
  const { setRules } = useActions();
  return (
    <label className={controls.field}>
      <span className={controls.label}>{data.fileNames[1]} is for</span>
      <select
        className={controls.input}
        value={data.rules.secondFile}
        onChange={(event) => {
          const secondFile = event.target.value === "dev" ? "dev" : "test";
          void setRules({ ...withUsualDraw(data), secondFile });
        }}
      >
        <option value="test">the final test, as in MeZO</option>
        <option value="dev">watching training</option>
      </select>
    </label>
  );
}
