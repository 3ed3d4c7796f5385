import { DataCard } from "./DataCard.tsx";
import { ImportedNote } from "./ImportedNote.tsx";
import { ImportSettings } from "./ImportSettings.tsx";
import { MethodCard } from "./MethodCard.tsx";
import { ModelCard } from "./ModelCard.tsx";
import { OriginCard } from "./OriginCard.tsx";
import styles from "./Setup.module.css";
import { StartCard } from "./StartCard.tsx";

const { head, columns, parts, side } = styles;

/** Everything a run needs, top to bottom, with what is still missing always in view. */
export function SetupPage() {
  return (
    <>
      <div className={head}>
        <h1>New run</h1>
        <ImportSettings />
      </div>
      <ImportedNote />
      <OriginCard />
      <div className={columns}>
        <div className={parts}>
          <ModelCard />
          <DataCard />
          <MethodCard />
        </div>
        <div className={side}>
          <StartCard />
        </div>
      </div>
    </>
  );
}
