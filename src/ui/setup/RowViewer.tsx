import { ChevronLeft, ChevronRight, Shuffle } from "lucide-react";
import { useEffect, useState } from "react";
import type { RowPreview } from "#data/examples/rowPreview.ts";
import type { SplitName } from "#data/examples/splits.ts";
import type { DataReport } from "#session/reports.ts";
import { useActions, useAppState } from "#state/hooks.ts";
import { PART_NAMES, parseSize } from "#state/setup/dataView.ts";
import { formatCount } from "#state/text/format.ts";
import { IconButton } from "../parts/Button.tsx";
import controls from "../parts/controls.module.css";
import styles from "./Data.module.css";
import { RowTokens } from "./RowTokens.tsx";
import setup from "./Setup.module.css";

const PARTS: readonly SplitName[] = ["train", "dev", "test"];

/** Any row, as the file has it and as the model will read it. */
export function RowViewer({ data }: { readonly data: DataReport }) {
  const preview = useAppState((state) => state.rowPreview);
  const [chosen, setChosen] = useState<SplitName>("train");
  const [wanted, setWanted] = useState(0);
  const { previewRow } = useActions();
  // Rules may have emptied the part that was looked at.
  const part = data.partRows[chosen] > 0 ? chosen : "train";
  const count = data.partRows[part];
  const index = Math.min(wanted, Math.max(0, count - 1));
  // Anew with every report: another template or rule makes another preview of the same row.
  useEffect(() => {
    if (data.partRows[part] > 0) void previewRow(part, index);
  }, [data, part, index, previewRow]);
  if (data.partRows.train === 0) return null;
  const choose = (another: SplitName) => {
    setChosen(another);
    setWanted(0);
  };
  return (
    <section className={styles.viewer} aria-label="As the model reads it">
      <div className={setup.row}>
        <h3 className={setup.legend}>As the model reads it</h3>
        <Part part={part} data={data} onChoose={choose} />
        <Place key={part} count={count} index={index} onGo={setWanted} />
      </div>
      {preview && preview.part === part && <Row preview={preview} />}
    </section>
  );
}

interface PartProps {
  readonly part: SplitName;
  readonly data: DataReport;
  readonly onChoose: (part: SplitName) => void;
}

function Part({ part, data, onChoose }: PartProps) {
  const there = PARTS.filter((name) => data.partRows[name] > 0);
  if (there.length < 2) return null;
  return (
    <select
      className={controls.input}
      style={{ width: "auto" }}
      aria-label="Rows to look at"
      value={part}
      onChange={(event) => onChoose(there.find((name) => name === event.target.value) ?? "train")}
    >
      {there.map((name) => (
        <option key={name} value={name}>
          {PART_NAMES[name]}
        </option>
      ))}
    </select>
  );
}

interface PlaceProps {
  readonly count: number;
  readonly index: number;
  readonly onGo: (index: number) => void;
}

function Place({ count, index, onGo }: PlaceProps) {
  const last = count - 1;
  const [text, setText] = useState<string | null>(null);
  return (
    <div className={styles.place}>
      <IconButton
        icon={ChevronLeft}
        label="Previous row"
        onClick={() => onGo(index === 0 ? last : index - 1)}
      />
      <input
        className={controls.input}
        aria-label="Go to place"
        inputMode="numeric"
        // What is typed stands while it is typed.
        value={text ?? index + 1}
        onBlur={() => setText(null)}
        onChange={(event) => {
          setText(event.target.value);
          const number = parseSize(event.target.value, 1);
          if (number !== null && number <= count) onGo(number - 1);
        }}
      />
      <span className={setup.small}>of {formatCount(count)}</span>
      <IconButton
        icon={ChevronRight}
        label="Next row"
        onClick={() => onGo(index === last ? 0 : index + 1)}
      />
      <IconButton
        icon={Shuffle}
        label="Any row"
        onClick={() => onGo(Math.floor(Math.random() * count))}
      />
    </div>
  );
}

function Row({ preview }: { readonly preview: RowPreview }) {
  return (
    <div className={styles.sides}>
      <dl className={styles.values} aria-label={`Row ${preview.row} of the file`}>
        {preview.values.map(({ name, text }) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
      <RowTokens preview={preview} />
    </div>
  );
}
