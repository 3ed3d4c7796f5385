import { ZerothError } from "#base/errors.ts";
import { quote } from "#base/text.ts";
import { defaultSizes, type Sample, type TaskDefinition } from "./definition.ts";
import { hasColumns, missing, rowIn, rowsOf, textOf, textsOf } from "./rowValues.ts";
import type { Row } from "./task.ts";

/**
 * Which of an article's names belongs in the gap? ReCoRD in SuperGLUE's JSONL, where a row is an
 * article with several queries, and Hugging Face's `super_glue/record`, where each query is a row. The
 * whole sentence is scored with each name in its place, as GPT-3 was evaluated.
 *
 * @see MeZO, large_models/templates.py, ReCoRDTemplateGPT3
 */
export const record: TaskDefinition = {
  id: "ReCoRD",
  title: "ReCoRD: which name belongs in the gap?",
  kind: "multiple choice",
  template: "{passage}\n- {query}",
  labelColumn: "answers",
  labels: [],
  words: [],
  sizes: defaultSizes,
  columns: [
    ["passage", "qas"],
    ["passage", "query", "entities"],
  ],
  recognise: (table) =>
    hasColumns(table, "passage", "qas") ||
    hasColumns(table, "passage", "query", "entities", "answers"),
  questions,
  samples: (row) => questions(row).map(sampleOf),
};

function questions(row: Row): readonly Row[] {
  const passage = rowIn(row, "passage");
  if (passage === null) return [row];
  const entities = namesIn(passage);
  return rowsOf(row, "qas").map((asked) => {
    const given = Object.hasOwn(asked, "answers") ? rowsOf(asked, "answers") : [];
    const answers = sorted(given.map((answer) => textOf(answer, "text")));
    return { passage: textOf(passage, "text"), query: textOf(asked, "query"), entities, answers };
  });
}

function sampleOf(row: Row): Sample {
  const [passage, query] = [textOf(row, "passage"), textOf(row, "query")];
  const [entities, answers] = [textsOf(row, "entities"), textsOf(row, "answers")];
  if (entities.length === 0) throw missing("The article names nothing to choose from.");
  const right = answers.map((answer) => entities.indexOf(answer)).filter((index) => index >= 0);
  if (answers.length > 0 && right.length === 0) {
    throw new ZerothError(
      "E-DATA-3",
      `The answer ${quote(answers[0] ?? "")} is none of the article's names.`,
    );
  }
  return {
    prompt: `${passage.replaceAll("@highlight\n", "- ")}\n-`,
    options: entities.map((name) => ` ${query.replaceAll("@placeholder", () => name)}`),
    right,
  };
}

/** The marked stretches of the text, each once and sorted, as Hugging Face lists them. */
function namesIn(passage: Row): readonly string[] {
  // Positions count code points, the end is the last one's.
  const characters = [...textOf(passage, "text")];
  const names = rowsOf(passage, "entities").map(({ start, end }) => {
    if (typeof start !== "number" || typeof end !== "number") {
      throw missing('An entry of "entities" has no start and end.');
    }
    return characters.slice(start, end + 1).join("");
  });
  return sorted(names);
}

function sorted(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort();
}
