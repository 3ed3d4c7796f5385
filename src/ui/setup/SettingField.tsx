import { useId } from "react";
import { useActions, useAppState } from "#state/hooks.ts";
import { isTouched, rangeOf, textOf } from "#state/setup/settingsForm.ts";
import { formatSetting } from "#state/text/format.ts";
import type { SettingDescription } from "#zo/settings.ts";
import controls from "../parts/controls.module.css";
import styles from "./Setup.module.css";

interface SettingFieldProps {
  readonly setting: SettingDescription;
  readonly error: string | undefined;
}

/** One setting as its description has it: name, value, what it does, where its default comes from. */
export function SettingField({ setting, error }: SettingFieldProps) {
  const id = useId();
  const draft = useAppState((state) => state.draft);
  const { editSetting, resetSetting } = useActions();
  return (
    <div className={styles.setting}>
      <div className={styles.settingHead}>
        <label className={controls.label} htmlFor={id}>
          {setting.label}
        </label>
        {isTouched(setting, draft) && (
          <button
            type="button"
            className={styles.reset}
            aria-label={`Reset ${setting.label} to ${formatSetting(setting.default)}`}
            onClick={() => resetSetting(setting.key)}
          >
            Reset to {formatSetting(setting.default)}
          </button>
        )}
      </div>
      <Control
        id={id}
        setting={setting}
        text={textOf(setting, draft)}
        isWrong={error !== undefined}
        onText={(text) => editSetting(setting.key, text)}
      />
      {error && (
        <p id={`${id}-error`} className={controls.error}>
          {error}
        </p>
      )}
      <p id={`${id}-help`} className={controls.help}>
        {setting.help} {rangeOf(setting) && `Range: ${rangeOf(setting)}. `}
        <span className={styles.source}>Default: {setting.source}.</span>
      </p>
    </div>
  );
}

interface ControlProps {
  readonly id: string;
  readonly setting: SettingDescription;
  readonly text: string;
  readonly isWrong: boolean;
  readonly onText: (text: string) => void;
}

function Control({ id, setting, text, isWrong, onText }: ControlProps) {
  const described = isWrong ? `${id}-error ${id}-help` : `${id}-help`;
  const common = { id, "aria-describedby": described, "aria-invalid": isWrong };
  if (setting.type === "boolean") {
    return (
      <span className={styles.checkbox}>
        <input
          {...common}
          type="checkbox"
          checked={text === "true"}
          onChange={(event) => onText(String(event.target.checked))}
        />
        {text === "true" ? "On" : "Off"}
      </span>
    );
  }
  if (setting.type === "choice") {
    return (
      <select
        {...common}
        className={controls.input}
        value={text}
        onChange={(event) => onText(event.target.value)}
      >
        {setting.choices?.map(({ value, label }) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
    );
  }
  return (
    <input
      {...common}
      className={`${controls.input} ${controls.mono}`}
      // A plain text field: number fields refuse "1e-6" while it is being typed.
      inputMode={setting.type === "integer" ? "numeric" : "text"}
      autoComplete="off"
      spellCheck={false}
      value={text}
      onChange={(event) => onText(event.target.value)}
    />
  );
}
