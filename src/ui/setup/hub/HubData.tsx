import type { LibraryEntry } from "#session/hubReports.ts";
import { useActions, useAppState } from "#state/hooks.ts";
import { downloadFailure, entriesOf, usualSplits } from "#state/hub/hub.ts";
import { FailureNotice } from "../../parts/Notice.tsx";
import setup from "../Setup.module.css";
import { DatasetOfferCard } from "./DatasetOfferCard.tsx";
import { Downloads } from "./Downloads.tsx";
import styles from "./Hub.module.css";
import { LookUp } from "./LookUp.tsx";
import { Shelf } from "./Shelf.tsx";
import { TokenField } from "./TokenField.tsx";

/** Rows of a data set on the hub: looked up, downloaded as Parquet, kept, opened. */
export function HubData() {
  const refusal = useAppState((state) => state.failures.describeDataset);
  const failure = useAppState((state) =>
    downloadFailure(state.hub, state.failures.download, "dataset"),
  );
  const offer = useAppState((state) => state.hub.datasetOffer);
  const isAsking = useAppState((state) => Boolean(state.pending.describeDataset));
  const { lookUpDataset } = useActions();
  return (
    <details className={setup.advanced}>
      <summary>Rows from the Hugging Face Hub</summary>
      <div className={styles.hub}>
        <LookUp
          title="Data set on the hub"
          example="stanfordnlp/sst2"
          isPending={isAsking}
          onAsk={(name) => void lookUpDataset(name)}
        >
          owner/name or the address of its page, such as aps/super_glue or nyu-mll/glue. Nothing is
          downloaded before you agree.
        </LookUp>
        <FailureNotice failure={refusal} title="Nothing was looked up" />
        {(refusal?.code === "E-NET-2" || failure?.code === "E-NET-2") && <TokenField />}
        {offer && <DatasetOfferCard key={offer.repo} offer={offer} />}
        <Downloads kind="dataset" />
        <FailureNotice failure={failure} title="The download stopped" />
        <DataSets />
      </div>
    </details>
  );
}

function DataSets() {
  const { openDownloadedRows } = useActions();
  const hubState = useAppState((state) => state.hub);
  const open = ({ folder, splits }: LibraryEntry) => {
    const { train, dev } = usualSplits(splits);
    void openDownloadedRows(folder, train, dev);
  };
  return (
    <Shelf
      title="Data sets on this computer"
      entries={entriesOf(hubState, "dataset")}
      onOpen={open}
    />
  );
}
