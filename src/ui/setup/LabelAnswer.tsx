import { asPrompted, asPromptFree, type CustomTask } from "#state/setup/task.ts";
import { LabelWords } from "./LabelWords.tsx";
import styles from "./Setup.module.css";

interface LabelAnswerProps {
  readonly task: CustomTask;
  readonly onChange: (task: CustomTask) => void;
}

/** How labels are told apart: by words behind a prompt, or by a head of their own without one. */
export function LabelAnswer({ task, onChange }: LabelAnswerProps) {
  return (
    <>
      <fieldset className={styles.full}>
        <legend className={styles.legend}>How to tell labels apart</legend>
        <div className={styles.row}>
          <label className={styles.checkbox}>
            <input
              type="radio"
              name="label-answer"
              checked={!task.head}
              onChange={() => onChange(asPrompted(task))}
            />
            By words (prompted)
          </label>
          <label className={styles.checkbox}>
            <input
              type="radio"
              name="label-answer"
              checked={Boolean(task.head)}
              onChange={() => onChange(asPromptFree(task))}
            />
            By a new head (prompt-free)
          </label>
        </div>
        {task.head && (
          <p className={styles.small}>
            A score head reads the last token of the text and tells {task.labels.join(", ")} apart.
            It begins at random, so accuracy starts near chance, and in its authors' tests MeZO
            stayed there without a prompt. MeZO-SVRG was made for this setting.
          </p>
        )}
      </fieldset>
      {!task.head && <LabelWords task={task} onChange={onChange} />}
    </>
  );
}
