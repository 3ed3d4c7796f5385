import { Download, FolderOpen } from "lucide-react";
import type { ModelOffer } from "#session/hubReports.ts";
import { useActions, useAppState } from "#state/hooks.ts";
import { exceedsRoom, memoryText, offerAction, runDiskBytes } from "#state/hub/hub.ts";
import { formatBytes, formatParameters } from "#state/text/format.ts";
import { Button } from "../../parts/Button.tsx";
import { Facts } from "../../parts/Facts.tsx";
import { Notice } from "../../parts/Notice.tsx";
import { Refusal } from "../Refusal.tsx";
import { FileList } from "./FileList.tsx";
import styles from "./Hub.module.css";
import { TokenField } from "./TokenField.tsx";

/** Everything a model will take, before a byte of it is loaded; a press agrees to its licence. */
export function Offer({ offer }: { readonly offer: ModelOffer }) {
  const agreed = useAppState((state) => state.preferences.agreedRepos);
  const { agreeAndDownload, openDownloaded, forgetOffer } = useActions();
  const act = () => (offer.isHere ? openDownloaded(offer.folder) : agreeAndDownload(offer));
  return (
    <section className={styles.offer} aria-label={`Offer of ${offer.repo}`}>
      <h4>
        <a href={offer.address} target="_blank" rel="noreferrer">
          {offer.repo}
        </a>
      </h4>
      <Takes offer={offer} />
      <Needs offer={offer} />
      <p>
        <strong>Licence:</strong> {offer.licence.summary}{" "}
        <a href={offer.licence.address} target="_blank" rel="noreferrer">
          Read it
        </a>
      </p>
      <p className={styles.soft}>
        The files stay in this browser, to be used without a connection, until you delete them.
        Nothing is uploaded.
      </p>
      {exceedsRoom(offer) && (
        <Notice kind="hint">
          The browser offers {formatBytes(offer.freeBytes)} of disk space, less than this needs.
        </Notice>
      )}
      <Refusal
        of="describeModel"
        failure={offer.memoryProblem}
        title="This GPU is too small for it"
      />
      <FileList files={offer.files} />
      {offer.isGated && <TokenField />}
      <div className={styles.row}>
        <Button
          kind="primary"
          icon={offer.isHere ? FolderOpen : Download}
          onClick={() => void act()}
        >
          {offerAction(offer, agreed)}
        </Button>
        <Button kind="quiet" onClick={forgetOffer}>
          Not now
        </Button>
      </div>
    </section>
  );
}

function Takes({ offer }: { readonly offer: ModelOffer }) {
  const { totalBytes, hereBytes, freeBytes, commit, revision, parameterCount } = offer;
  return (
    <Facts
      items={[
        { name: "Parameters", value: formatParameters(parameterCount) },
        { name: "Download", value: formatBytes(totalBytes) },
        ...(hereBytes > 0 ? [{ name: "Here already", value: formatBytes(hereBytes) }] : []),
        {
          name: "A run keeps",
          value: `≈ ${formatBytes(runDiskBytes(offer))}`,
          title: "On disk: the base in 32-bit and two snapshots",
        },
        ...(freeBytes === null ? [] : [{ name: "Disk free", value: formatBytes(freeBytes) }]),
        { name: "Revision", value: `${revision}, ${commit.slice(0, 8)}`, title: commit },
      ]}
    />
  );
}

function Needs({ offer: { memory } }: { readonly offer: ModelOffer }) {
  return (
    <div>
      <strong>GPU memory</strong>{" "}
      <span className={styles.soft}>
        for batches of {memory.rows} rows of {memory.tokensPerRow} tokens
      </span>
      <ul className={styles.needs}>
        {memory.byMethod.map((need) => (
          <li key={need.methods.join()}>
            <span>{need.methods.join(", ")}</span>
            <span>{memoryText(need)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}
