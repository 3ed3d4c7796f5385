import { type CustomTask, withWord, wordHint } from "#state/setup/task.ts";
import controls from "../parts/controls.module.css";
import styles from "./Setup.module.css";

interface LabelWordsProps {
  readonly task: CustomTask;
  readonly onChange: (task: CustomTask) => void;
}

/** A word for each label: what the model is asked to say after the prompt. */
export function LabelWords({ task, onChange }: LabelWordsProps) {
  return (
    <fieldset className={styles.full}>
      <legend className={styles.legend}>Label words</legend>
      <div className={styles.words}>
        {task.labels.map((name, index) => {
          const word = task.words[index] ?? "";
          const hint = wordHint(word);
          return (
            <label key={name} className={styles.word}>
              <code>{name}</code>
              <input
                className={`${controls.input} ${controls.mono}`}
                aria-label={`Word for label ${name}`}
                value={word}
                onChange={(event) => onChange(withWord(task, index, event.target.value))}
              />
              {hint && <span className={`${controls.error} ${styles.full}`}>{hint}</span>}
            </label>
          );
        })}
      </div>
      <p className={styles.small}>
        A word usually starts with a space, as inside a sentence. The model answers with the word it
        finds likeliest.
      </p>
    </fieldset>
  );
}
