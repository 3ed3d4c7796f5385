import { DataCard } from "./DataCard.tsx";
import { ImportedNote } from "./ImportedNote.tsx";
import { ImportSettings } from "./ImportSettings.tsx";
import { MethodCard } from "./MethodCard.tsx";
import { ModelCard } from "./ModelCard.tsx";
import { OriginCard } from "./OriginCard.tsx";
import styles from "./Setup.module.css";
import { StartCard } from "./StartCard.tsx";

/** Everything a run needs, top to bottom, with what is still missing always in view. */
export function SetupPage() {
  return (
    <>
      <div className={styles.head}>
        <h1>New run</h1>
        <ImportSettings />
      </div>
      <ImportedNote />
      <OriginCard />
      <div className={styles.columns}>
        <div className={styles.parts}>
          <ModelCard />
          <DataCard />
          <MethodCard />
        </div>
        <div className={styles.side}>
          <StartCard />
        </div>
      </div>
    </>
  );
}
