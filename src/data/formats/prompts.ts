import type { Row, RowProblem, Table } from "../tasks/task.ts";
import { valueText } from "../tasks/template.ts";
import { isJsonObject } from "./json.ts";

/**
 * Gives the files of fine-tuning services and libraries a column to write on from:
 *
 * - chat messages (OpenAI, TRL; ShareGPT's `conversations`) become `prompt` and `completion`: the last answer of the
 *   assistant, and everything before it;
 * - instructions with an answer (Alpaca, Dolly) get a `prompt` beside their own columns, as Alpaca words it.
 *
 * Other tables stay as they are.
 */
export function withPrompts(table: Table): Table {
  const chat = CHAT_COLUMNS.find((column) =>
    isMostly(table, (row) => turnsIn(row[column]) !== null),
  );
  if (chat !== undefined) return fromTurns(table, [chat], (row) => turnsIn(row[chat]) ?? []);
  const isPair = isMostly(
    table,
    (row) => turnsIn(row["prompt"]) !== null && turnsIn(row["completion"]) !== null,
  );
  if (isPair) {
    return fromTurns(table, ["prompt", "completion"], (row) => [
      ...(turnsIn(row["prompt"]) ?? []),
      ...(turnsIn(row["completion"]) ?? []),
    ]);
  }
  const { columns } = table;
  const hasAnswer = columns.includes("output") || columns.includes("response");
  if (!columns.includes("instruction") || !hasAnswer || columns.includes("prompt")) return table;
  const context = ["input", "context"].find((column) => columns.includes(column));
  const rows = table.rows.map((row) => ({ prompt: instructionPrompt(row, context), ...row }));
  return { ...table, columns: ["prompt", ...columns], rows };
}

const CHAT_COLUMNS = ["messages", "conversations"];

interface Turn {
  readonly role: string;
  readonly text: string;
}

/** Whether at least 90 % of the first 100 rows pass. */
function isMostly({ rows }: Table, passes: (row: Row) => boolean): boolean {
  const first = rows.slice(0, 100);
  return first.length > 0 && first.filter(passes).length >= 0.9 * first.length;
}

/** The messages in a value, or null if it is not a list of messages. */
function turnsIn(value: unknown): readonly Turn[] | null {
  if (!Array.isArray(value) || value.length === 0) return null;
  const turns: Turn[] = [];
  for (const message of value) {
    if (!isJsonObject(message)) return null;
    const { role, from, content, value: said } = message;
    const speaker = role ?? from;
    const text = textOf(content ?? said);
    if (typeof speaker !== "string" || text === null) return null;
    turns.push({ role: speaker, text });
  }
  return turns;
}

/** A message's text, or the texts among its parts. */
function textOf(content: unknown): string | null {
  if (typeof content === "string") return content;
  if (content === null || content === undefined) return "";
  if (!Array.isArray(content)) return null;
  const parts = content.map((part: unknown) => (isJsonObject(part) ? part["text"] : part));
  return parts.filter((part) => typeof part === "string").join("\n");
}

function fromTurns(
  table: Table,
  replaced: readonly string[],
  turnsOf: (row: Row) => readonly Turn[],
): Table {
  const kept = table.columns.filter((column) => !replaced.includes(column));
  const rows: Row[] = [];
  const rowNumbers: number[] = [];
  const problems: RowProblem[] = [...table.problems];
  for (const [index, row] of table.rows.entries()) {
    const number = table.rowNumbers[index] ?? index + 1;
    const turns = turnsOf(row);
    const last = turns.findLastIndex(({ role }) => isAssistant(role));
    const answer = turns[last];
    if (answer === undefined || answer.text.trim() === "") {
      const message = `Row ${number} has no answer of the assistant to train on.`;
      problems.push({ row: number, code: "E-DATA-1", message });
      continue;
    }
    const others = Object.entries(row).filter(([column]) => !replaced.includes(column));
    const prompt = chatPrompt(turns.slice(0, last));
    rows.push({ prompt, completion: answer.text, ...Object.fromEntries(others) });
    rowNumbers.push(number);
  }
  return { ...table, columns: ["prompt", "completion", ...kept], rows, rowNumbers, problems };
}

const NAMES: ReadonlyMap<string, string> = new Map([
  ["user", "User"],
  ["human", "User"],
  ["system", "System"],
]);

function isAssistant(role: string): boolean {
  return ["assistant", "gpt", "model", "bot", "chatgpt"].includes(role.toLowerCase());
}

/** A single message of the user as it is; more of them with names, ending in the assistant's. */
function chatPrompt(turns: readonly Turn[]): string {
  const [only, second] = turns;
  if (only !== undefined && second === undefined && NAMES.get(only.role) === "User")
    return only.text;
  const lines = turns.map(({ role, text }) => `${nameOf(role)}: ${text}`);
  return [...lines, "Assistant:"].join("\n");
}

function nameOf(role: string): string {
  return isAssistant(role) ? "Assistant" : (NAMES.get(role.toLowerCase()) ?? role);
}

/** @see tatsu-lab/stanford_alpaca, train.py, PROMPT_DICT */
function instructionPrompt(row: Row, context: string | undefined): string {
  const instruction = valueText(row["instruction"]) ?? "";
  const input = context === undefined ? "" : (valueText(row[context]) ?? "");
  const what = input === "" ? "." : ", paired with an input that provides further context.";
  return [
    `Below is an instruction that describes a task${what} Write a response that appropriately ` +
      "completes the request.",
    `### Instruction:\n${instruction}`,
    ...(input === "" ? [] : [`### Input:\n${input}`]),
    "### Response:",
  ].join("\n\n");
}
