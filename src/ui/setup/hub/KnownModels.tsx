import { useActions, useAppState } from "#state/hooks.ts";
import { shortName } from "#state/hub/hub.ts";
import { formatBytes, formatParameters } from "#state/text/format.ts";
import styles from "./Hub.module.css";

/** OPT by size; pressing one looks it up. */
export function KnownModels({ isDisabled }: { readonly isDisabled: boolean }) {
  const library = useAppState((state) => state.hub.library);
  const { lookUpModel } = useActions();
  if (!library) return null;
  return (
    <ul className={styles.known} aria-label="Known sizes">
      {library.known.map(({ repo, parameterCount, downloadBytes }) => (
        <li key={repo}>
          <button type="button" disabled={isDisabled} onClick={() => void lookUpModel(repo)}>
            <strong>{shortName(repo)}</strong>
            <small>{formatParameters(parameterCount)} parameters</small>
            <small>{formatBytes(downloadBytes)} download</small>
          </button>
        </li>
      ))}
    </ul>
  );
}
