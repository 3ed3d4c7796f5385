import { useId } from "react";
import { useActions, useAppState } from "#state/hooks.ts";
import controls from "../../parts/controls.module.css";
import setup from "../Setup.module.css";
import styles from "./Hub.module.css";
import { TokenField } from "./TokenField.tsx";

/** Where the hub is, for mirrors, and a token for those who need one. */
export function HubSettings() {
  const id = useId();
  const endpoint = useAppState((state) => state.preferences.hubEndpoint);
  const { prefer } = useActions();
  return (
    <details className={setup.advanced}>
      <summary>Mirror and sign-in</summary>
      <div className={styles.settings}>
        <div className={controls.field}>
          <label className={controls.label} htmlFor={id}>
            Address of the hub
          </label>
          <input
            id={id}
            type="url"
            className={`${controls.input} ${controls.mono}`}
            value={endpoint}
            spellCheck={false}
            aria-describedby={`${id}-help`}
            onChange={(event) => void prefer({ hubEndpoint: event.target.value })}
          />
          <p className={controls.help} id={`${id}-help`}>
            Usually https://huggingface.co. For a mirror, Zeroth must be served with ZEROTH_HUB set
            to its address: the page may connect to nothing else.
          </p>
        </div>
        <TokenField />
      </div>
    </details>
  );
}
