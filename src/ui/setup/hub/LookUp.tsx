import { Search } from "lucide-react";
import { type ReactNode, useId, useState } from "react";
import { Button } from "../../parts/Button.tsx";
import controls from "../../parts/controls.module.css";
import { Waiting } from "../../parts/ProgressBar.tsx";
import styles from "./Hub.module.css";

interface LookUpProps {
  readonly title: string;
  readonly example: string;
  readonly isPending: boolean;
  readonly onAsk: (name: string) => void;
  readonly children: ReactNode;
}

/** A field for a name on the hub, and what is waited for once it was asked. */
export function LookUp({ title, example, isPending, onAsk, children }: LookUpProps) {
  const id = useId();
  const [name, setName] = useState("");
  return (
    <>
      <form
        className={styles.ask}
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() !== "") onAsk(name);
        }}
      >
        <div className={controls.field}>
          <label className={controls.label} htmlFor={id}>
            {title}
          </label>
          <input
            id={id}
            className={`${controls.input} ${controls.mono}`}
            value={name}
            placeholder={example}
            autoComplete="off"
            autoCapitalize="none"
            spellCheck={false}
            aria-describedby={`${id}-help`}
            onChange={(event) => setName(event.target.value)}
          />
        </div>
        <Button type="submit" icon={Search} disabled={isPending || name.trim() === ""}>
          Look up
        </Button>
      </form>
      <p className={controls.help} id={`${id}-help`}>
        {children}
      </p>
      {isPending && <Waiting label="Asking the hub" />}
    </>
  );
}
