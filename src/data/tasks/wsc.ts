import type { TaskDefinition } from "./definition.ts";
import { classification } from "./definition.ts";
import { hasColumns, lowerFirst, rowIn, textOf, upperFirst } from "./rowValues.ts";
import type { Row } from "./task.ts";
import { pythonSplit } from "./template.ts";

/**
 * Does the pronoun mean this person or thing? WSC in SuperGLUE's JSONL (spans inside `target`) and
 * Hugging Face's `super_glue/wsc.fixed`.
 *
 * @see MeZO, large_models/templates.py, WSCTemplate
 */
export const wsc: TaskDefinition = classification({
  id: "WSC",
  title: "WSC: does the pronoun mean this?",
  template:
    '{text}\nIn the previous sentence, does the pronoun "{span2_text}" refer to {span1_text}? ' +
    "Yes or No?\n",
  words: ["No", "Yes"],
  labelNames: [
    ["false", "0"],
    ["true", "1"],
  ],
  columns: [
    ["text", "target"],
    ["text", "span1_text", "span2_text"],
  ],
  recognise: (table) =>
    hasColumns(table, "text", "label") &&
    (hasColumns(table, "span1_text", "span2_text") ||
      (table.rows.length > 0 && table.rows.every(hasTarget))),
  prompt: (row) => {
    const text = textOf(row, "text");
    const spans = rowIn(row, "target") ?? row;
    const noun = spanText(text, spans, "span1");
    const pronoun = spanText(text, spans, "span2").toLowerCase();
    return `${text}\nIn the previous sentence, does the pronoun "${pronoun}" refer to ${noun}? Yes or No?\n`;
  },
});

function hasTarget(row: Row): boolean {
  const { span1_text: noun, span2_text: pronoun } = rowIn(row, "target") ?? {};
  return typeof noun === "string" && typeof pronoun === "string";
}

/**
 * A span's text, put right where it does not occur in the sentence: MeZO trains on "wsc.fixed", which
 * takes the case from the sentence's word, full stops off the end and spaces for line breaks.
 *
 * @see Hugging Face, datasets/super_glue/super_glue.py, _fix_wst
 */
function spanText(text: string, spans: Row, span: "span1" | "span2"): string {
  const written = textOf(spans, `${span}_text`);
  const index = spans[`${span}_index`];
  if (text.includes(written) || UNFIXABLE.includes(written)) return written;
  const first = typeof index === "number" ? pythonSplit(text)[index] : undefined;
  if (first === undefined) return written;
  const cased = /^\p{Ll}/u.test(first) ? lowerFirst(written) : upperFirst(written);
  return cased.replace(/\.+$/, "").replaceAll("\n", " ");
}

/** Other words stand between these names in their sentences. */
const UNFIXABLE = ["Kamenev and Zinoviev", "Kamenev, Zinoviev, and Stalin"];
