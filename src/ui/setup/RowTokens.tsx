import { Check } from "lucide-react";
import type { RowPreview } from "#data/examples/rowPreview.ts";
import { formatPlural } from "#state/text/format.ts";
import { Notice } from "../parts/Notice.tsx";
import styles from "./Data.module.css";
import setup from "./Setup.module.css";

type Option = RowPreview["options"][number];

/** The prompt with its right option, token by token, and below the options that it goes against. */
export function RowTokens({ preview }: { readonly preview: RowPreview }) {
  const { problem, options, row } = preview;
  const shown = options.find(({ isRight }) => isRight) ?? options[0];
  return (
    <div>
      <p className={setup.small}>Row {row} of the file</p>
      {problem && <Notice kind="hint">Left out: {problem}</Notice>}
      {shown && <Tokens option={shown} />}
      {options.length > 1 && (
        <ul className={styles.options} aria-label="Options">
          {options.map((option, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: options have no identity but their place
            <li key={index} className={`${styles.option} ${option.isRight ? styles.right : ""}`}>
              {option.isRight && <Check size="1rem" aria-label="Right" />}
              <Scored option={option} />
              {option.label !== null && <span className={setup.small}>{option.label}</span>}
            </li>
          ))}
        </ul>
      )}
      <p className={setup.small}>
        {shown?.text === ""
          ? `Each box is a token; the head reads the marked one${shown.label === null ? "" : ` and is to answer ${shown.label}`}.`
          : "Each box is a token; the model is trained and judged on the marked ones."}
      </p>
    </div>
  );
}

function Tokens({ option }: { readonly option: Option }) {
  return (
    <p className={styles.tokens}>
      {option.tokens.map(({ text, role }, index) => {
        // Tokens have no identity but their place.
        const key = `${index}:${text}`;
        if (role === "scored") {
          return (
            <mark key={key} className={styles.scored}>
              {visible(text)}
            </mark>
          );
        }
        if (role === "prompt") {
          return (
            <span key={key} className={styles.token}>
              {visible(text)}
            </span>
          );
        }
        return (
          <span key={key}>
            <span className={styles.bos} title="Put in front of every prompt">
              {text}
            </span>
            {option.cut > 0 && (
              <span className={styles.cut}>{formatPlural(option.cut, "token")} cut here</span>
            )}
          </span>
        );
      })}
    </p>
  );
}

function Scored({ option }: { readonly option: Option }) {
  return (
    <code>
      {option.tokens
        .flatMap(({ text, role }) => (role === "scored" ? [visible(text)] : []))
        .join("")}
    </code>
  );
}

/** A line break is shown as one, and as a sign: it is a token like any other. */
function visible(text: string): string {
  return text.replaceAll("\n", "⏎\n");
}
