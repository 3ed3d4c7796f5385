import { useEffect } from "react";
import { useActions, useAppState } from "#state/hooks.ts";
import { downloadFailure, entriesOf } from "#state/hub/hub.ts";
import { FailureNotice } from "../../parts/Notice.tsx";
import { Downloads } from "./Downloads.tsx";
import styles from "./Hub.module.css";
import { HubSettings } from "./HubSettings.tsx";
import { KnownModels } from "./KnownModels.tsx";
import { LookUp } from "./LookUp.tsx";
import { Offer } from "./Offer.tsx";
import { Shelf } from "./Shelf.tsx";
import { TokenField } from "./TokenField.tsx";

/** Models of the hub: looked up, agreed to, downloaded, kept, opened. */
export function HubModels() {
  const offer = useAppState((state) => state.hub.offer);
  const isAsking = useAppState((state) => Boolean(state.pending.describeModel));
  const refusal = useAppState((state) => state.failures.describeModel);
  const failure = useAppState((state) =>
    downloadFailure(state.hub, state.failures.download, "model"),
  );
  const { lookUpModel, listDownloads } = useActions();
  useEffect(() => void listDownloads(), [listDownloads]);
  return (
    <div className={styles.hub}>
      <h3>From the Hugging Face Hub</h3>
      <LookUp
        title="Model on the hub"
        example="facebook/opt-125m"
        isPending={isAsking}
        onAsk={(name) => void lookUpModel(name)}
      >
        Any OPT model: owner/name, owner/name@revision, or the address of its page. Nothing is
        downloaded before you agree.
      </LookUp>
      <KnownModels isDisabled={isAsking} />
      <FailureNotice failure={refusal} title="Nothing was looked up" />
      {(refusal?.code === "E-NET-2" || failure?.code === "E-NET-2") && <TokenField />}
      {offer && <Offer offer={offer} />}
      <Downloads kind="model" />
      <FailureNotice failure={failure} title="The download stopped" />
      <Models />
      <HubSettings />
    </div>
  );
}

function Models() {
  const { openDownloaded } = useActions();
  const hubState = useAppState((state) => state.hub);
  const trouble = useAppState((state) => state.failures.listDownloads);
  return (
    <>
      <FailureNotice failure={trouble} title="Downloads cannot be kept here" />
      <Shelf
        title="Models on this computer"
        entries={entriesOf(hubState, "model")}
        onOpen={({ folder }) => void openDownloaded(folder)}
      />
    </>
  );
}
