import { FileStack, FolderOpen, Sparkles } from "lucide-react";
import type { NamedFile } from "#session/protocol.ts";
import type { ModelReport } from "#session/reports.ts";
import { useActions, useAppState } from "#state/hooks.ts";
import { namedFiles } from "#state/setup/files.ts";
import { formatBytes, formatCount, formatParameters, UNKNOWN } from "#state/text/format.ts";
import { Button } from "../parts/Button.tsx";
import { Card } from "../parts/Card.tsx";
import { Dropzone } from "../parts/Dropzone.tsx";
import { Facts } from "../parts/Facts.tsx";
import { FilePicker } from "../parts/FilePicker.tsx";
import { ProgressBar, Waiting } from "../parts/ProgressBar.tsx";
import { ModelsFromHub } from "./FromHub.tsx";
import { Refusal } from "./Refusal.tsx";
import styles from "./Setup.module.css";

export function ModelCard() {
  const model = useAppState((state) => state.model);
  const isOpening = useAppState((state) => Boolean(state.pending.openModel));
  const failure = useAppState((state) => state.failures.openModel);
  return (
    <Card title="Model" number={1}>
      {model && <ModelFacts model={model} />}
      <Refusal of="openModel" failure={failure} title="The model was not opened" />
      {isOpening ? <Opening /> : <ModelPicker />}
      <ModelsFromHub />
    </Card>
  );
}

function Opening() {
  const progress = useAppState((state) => state.progress);
  return progress ? <ProgressBar progress={progress} /> : <Waiting label="Opening the model" />;
}

function ModelPicker() {
  const { openModel } = useActions();
  const open = (files: readonly NamedFile[]) => void openModel({ kind: "files", files });
  return (
    <Dropzone onFiles={open}>
      <p>
        Drop an OPT checkpoint here: a Hugging Face folder, or its files.{" "}
        <span className={styles.soft}>
          Weights as safetensors or pytorch_model.bin, with config.json and the tokenizer. They stay
          on this computer.
        </span>
      </p>
      <div className={styles.row}>
        <FilePicker
          label="Choose a folder"
          icon={FolderOpen}
          isFolder
          onPick={(files) => open(namedFiles(files))}
        />
        <FilePicker
          label="Choose files"
          icon={FileStack}
          isMultiple
          onPick={(files) => open(namedFiles(files))}
        />
        <Button kind="quiet" icon={Sparkles} onClick={() => void openModel({ kind: "demo" })}>
          Use the trial model
        </Button>
      </div>
    </Dropzone>
  );
}

function ModelFacts({ model }: { readonly model: ModelReport }) {
  return (
    <>
      <p className={styles.modelName}>{model.name}</p>
      {model.origin && <Origin origin={model.origin} />}
      {model.notes?.map((note) => (
        <p key={note} className={styles.soft}>
          {note}
        </p>
      ))}
      <Facts
        items={[
          { name: "Parameters", value: formatParameters(model.parameterCount) },
          {
            name: "On the GPU",
            value: formatBytes(model.weightBytes),
            title: "Weights as uploaded",
          },
          { name: "Stored as", value: `${model.storedDtype}, ${model.format}` },
          { name: "Layers", value: formatCount(model.numHiddenLayers) },
          { name: "Hidden size", value: formatCount(model.hiddenSize) },
          { name: "Heads", value: formatCount(model.numAttentionHeads) },
          { name: "Vocabulary", value: formatCount(model.vocabSize) },
          { name: "Positions", value: formatCount(model.maxPositionEmbeddings) },
          // Taken at the first start, so that opening need not wait for it.
          { name: "SHA-256", value: model.sha256.slice(0, 12) || UNKNOWN, title: model.sha256 },
        ]}
      />
    </>
  );
}

function Origin({ origin }: { readonly origin: NonNullable<ModelReport["origin"]> }) {
  const { address, commit, licence } = origin;
  return (
    <p className={styles.soft}>
      From{" "}
      <a href={address} target="_blank" rel="noreferrer">
        {address.replace("https://", "")}
      </a>
      , commit <span title={commit}>{commit.slice(0, 8)}</span>, licence “{licence}”
    </p>
  );
}
