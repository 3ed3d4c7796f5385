import { Download, FolderOpen } from "lucide-react";
import { useState } from "react";
import type { DatasetConfigOffer, DatasetOffer } from "#session/hubReports.ts";
import { useActions } from "#state/hooks.ts";
import { bytesToLoad, datasetAction, splitText, usualSplits } from "#state/hub/hub.ts";
import { formatBytes } from "#state/text/format.ts";
import { Button } from "../../parts/Button.tsx";
import controls from "../../parts/controls.module.css";
import { Facts } from "../../parts/Facts.tsx";
import setup from "../Setup.module.css";
import styles from "./Hub.module.css";

/** What a data set holds, and which part of it to take. */
export function DatasetOfferCard({ offer }: { readonly offer: DatasetOffer }) {
  const [name, setName] = useState(offer.configs[0]?.name ?? "");
  const config = offer.configs.find((one) => one.name === name);
  const { repo, address, licence, commit } = offer;
  return (
    <section className={styles.offer} aria-label={`Offer of ${repo}`}>
      <h4>
        <a href={address} target="_blank" rel="noreferrer">
          {repo}
        </a>
      </h4>
      <Facts
        items={[
          { name: "Licence", value: licence.summary },
          { name: "Commit", value: commit.slice(0, 8), title: commit },
          ...(offer.freeBytes === null
            ? []
            : [{ name: "Disk free", value: formatBytes(offer.freeBytes) }]),
        ]}
      />
      {offer.configs.length > 1 && (
        <Choice
          title="Configuration"
          value={name}
          options={offer.configs.map((one) => ({ value: one.name, text: one.name }))}
          onChange={setName}
        />
      )}
      {config && <Splits key={config.name} config={config} />}
    </section>
  );
}

function Splits({ config }: { readonly config: DatasetConfigOffer }) {
  const usual = usualSplits(config.splits.map(({ name }) => name));
  const [train, setTrain] = useState(usual.train);
  const [dev, setDev] = useState(usual.dev ?? "");
  const { openDataset, forgetDatasetOffer } = useActions();
  const chosen = dev === "" ? [train] : [train, dev];
  const options = config.splits.map((split) => ({ value: split.name, text: splitText(split) }));
  const isHere = bytesToLoad(config.splits, chosen) === 0;
  const held = { value: "", text: "A share of the rows to train on" };
  return (
    <>
      <div className={setup.form}>
        <Choice title="Train on" value={train} options={options} onChange={setTrain} />
        <Choice title="Check on" value={dev} options={[held, ...options]} onChange={setDev} />
      </div>
      <p className={styles.soft}>
        The Parquet files stay in this browser, to be used without a connection, until you delete
        them. Test splits often lack labels. For a published task, such as SST-2, the rows to check
        on wait for the final test, and a share of the rows to train on is held out, as MeZO does
        it.
      </p>
      <div className={styles.row}>
        <Button
          kind="primary"
          icon={isHere ? FolderOpen : Download}
          onClick={() => void openDataset(config, train, dev === "" ? null : dev)}
        >
          {datasetAction(config, chosen)}
        </Button>
        <Button kind="quiet" onClick={forgetDatasetOffer}>
          Not now
        </Button>
      </div>
    </>
  );
}

interface ChoiceProps {
  readonly title: string;
  readonly value: string;
  readonly options: readonly { readonly value: string; readonly text: string }[];
  readonly onChange: (value: string) => void;
}

function Choice({ title, value, options, onChange }: ChoiceProps) {
  return (
    <label className={controls.field}>
      <span className={controls.label}>{title}</span>
      <select
        className={controls.input}
        value={value}
        onChange={(event) => onChange(event.target.value)}
      >
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.text}
          </option>
        ))}
      </select>
    </label>
  );
}
