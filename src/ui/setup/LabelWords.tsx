import { type CustomTask, withWord, wordHint } from "#state/setup/task.ts";
import controls from "../parts/controls.module.css";
import styles from "./Setup.module.css";

const { full, legend, words, word: wordRow, small } = styles;
const { input, mono, error } = controls;

interface LabelWordsProps {
  readonly task: CustomTask;
  readonly onChange: (task: CustomTask) => void;
}

/** A word for each label: what the model is asked to say after the prompt. */
export function LabelWords({ task, onChange }: LabelWordsProps) {
  return (
    <fieldset className={full}>
      <legend className={legend}>Label words</legend>
      <div className={words}>
        {task.labels.map((name, index) => {
          const word = task.words[index] ?? "";
          const hint = wordHint(word);
          return (
            <label key={name} className={wordRow}>
              <code>{name}</code>
              <input
                className={`${input} ${mono}`}
                aria-label={`Word for label ${name}`}
                value={word}
                onChange={(event) => onChange(withWord(task, index, event.target.value))}
              />
              {hint && <span className={`${error} ${full}`}>{hint}</span>}
            </label>
          );
        })}
      </div>
      <p className={small}>
        A word usually starts with a space, as inside a sentence. The model answers with the word it
        finds likeliest.
      </p>
    </fieldset>
  );
}
