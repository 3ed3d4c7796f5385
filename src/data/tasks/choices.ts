import { mappableColumns, missingColumns, withColumns } from "./columns.ts";
import { guessTask } from "./guess.ts";
import { builtInTask, recogniseTask, taskDefinition, taskDefinitions } from "./index.ts";
import type { Row, Table, TaskKind, TaskSpec } from "./task.ts";

/** A task that a person can choose for a table. */
export interface TaskChoice {
  /** The task's name, or "own" for one that is guessed from the columns and can be edited whole. */
  readonly id: string;
  readonly title: string;
  readonly kind: TaskKind;
  readonly fit: "recognised" | "fits" | "misfit";
  /** Columns it needs that the rows do not have. */
  readonly missing: readonly string[];
  /** Columns that may be mapped, by the task's own names; none of a task of one's own. */
  readonly columns: readonly string[];
  readonly task: TaskSpec;
}

/** As in MeZO, if the model's positions allow it. */
export const DEFAULT_MAX_LENGTH = 2048;

/** The task of a table until a person chooses one. */
export function defaultTask(table: Table): TaskSpec {
  return taskChoices(table)[0]?.task ?? guessTask(table);
}

/**
 * Every task for these rows: the recognised one first, then those whose columns fit, then one's own, then the
 * others. A single column such as `sentence` is in anyone's files, so it puts no task before one's own.
 */
export function taskChoices(table: Table): readonly TaskChoice[] {
  const recognised = recogniseTask(table)?.id;
  const limits = { bos: 2, maxLength: DEFAULT_MAX_LENGTH } as const;
  const builtIn = taskDefinitions.map((definition): TaskChoice => {
    const { id, title, kind } = definition;
    const missing = missingColumns(definition, table.columns);
    const fits = missing.length === 0 ? "fits" : "misfit";
    const fit = id === recognised ? "recognised" : fits;
    const columns = mappableColumns(definition);
    return { id, title, kind, fit, missing, columns, task: builtInTask(id, limits) };
  });
  const guessed = guessTask(table);
  const own: TaskChoice = {
    id: "own",
    title: "Own task: template, words and columns as you like",
    kind: guessed.kind,
    fit: "fits",
    missing: [],
    columns: [],
    task: guessed,
  };
  const of = (fit: TaskChoice["fit"]) => builtIn.filter((choice) => choice.fit === fit);
  const isTelling = ({ id }: TaskChoice) => fitsBySeveral(id, table.columns);
  const fits = of("fits");
  return [
    ...of("recognised"),
    ...fits.filter(isTelling),
    own,
    ...fits.filter((choice) => !isTelling(choice)),
    ...of("misfit"),
  ];
}

/** Whether a form of the task with several columns is there. */
function fitsBySeveral(id: TaskChoice["id"], columns: readonly string[]): boolean {
  const forms = taskDefinition(id).columns.filter((form) => form.length > 1);
  return forms.some((form) => form.every((column) => columns.includes(column)));
}

/** The rows one question each, where the task's files hold several in a row. */
export function asQuestions(table: Table, spec: TaskSpec): Table {
  const questions = "task" in spec ? taskDefinition(spec.task).questions : undefined;
  if (questions === undefined) return table;
  const rows: Row[] = [];
  const rowNumbers: number[] = [];
  for (const [index, row] of table.rows.entries()) {
    for (const question of questionsIn(questions, row)) {
      rows.push(question);
      rowNumbers.push(table.rowNumbers[index] ?? index + 1);
    }
  }
  return { ...table, rows, rowNumbers };
}

/** A row that cannot be taken apart stays, and is told as a problem when it is encoded. */
function questionsIn(questions: (row: Row) => readonly Row[], row: Row): readonly Row[] {
  try {
    return questions(row);
  } catch {
    return [row];
  }
}

/** Whether any of the first hundred rows says what is right: test files of GLUE and SuperGLUE do not. */
export function isLabelled(table: Table, spec: TaskSpec): boolean {
  if (!("task" in spec)) return table.columns.includes(spec.labelColumn);
  const { samples } = taskDefinition(spec.task);
  return table.rows.slice(0, 100).some((row) => {
    try {
      return samples(withColumns(spec, row)).some(({ right }) => right.length > 0);
    } catch {
      return true;
    }
  });
}
