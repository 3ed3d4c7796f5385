import { useId } from "react";
import { useActions, useAppState } from "#state/hooks.ts";
import controls from "../../parts/controls.module.css";

/** For what is handed out only to people signed in. The token is forgotten with the page. */
export function TokenField() {
  const id = useId();
  const token = useAppState((state) => state.hub.token);
  const { setHubToken } = useActions();
  return (
    <div className={controls.field}>
      <label className={controls.label} htmlFor={id}>
        Access token
      </label>
      <input
        id={id}
        type="password"
        className={`${controls.input} ${controls.mono}`}
        value={token}
        placeholder="hf_…"
        autoComplete="off"
        aria-describedby={`${id}-help`}
        onChange={(event) => setHubToken(event.target.value)}
      />
      <p className={controls.help} id={`${id}-help`}>
        Accept the terms on the model's page, make a token that may only read (Settings, Access
        Tokens), enter it here and look the model up again. It stays in this page's memory, is sent
        to the hub alone, and is gone after a reload.
      </p>
    </div>
  );
}
