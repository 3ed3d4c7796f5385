import { expect, test } from "vitest";
import { columnsToAsk, rowAsWritten } from "./columns.ts";
import { builtInTask, taskDefinition } from "./index.ts";
import type { TaskSpec } from "./task.ts";

const limits = { bos: 2, maxLength: 128 } as const;

test("COPA is asked with every column its prompt and its choices need, and not the answer", () => {
  expect(columnsToAsk(builtInTask("Copa", limits))).toEqual([
    "premise",
    "choice1",
    "choice2",
    "question",
  ]);
});

test("a task of one's own is asked with the columns of its template and of its options", () => {
  const own: TaskSpec = {
    kind: "multiple choice" as const,
    template: "{q} is",
    labelColumn: "right",
    ...limits,
    labels: [],
    words: [],
    optionColumns: ["a", "b"],
  };
  expect(columnsToAsk(own)).toEqual(["q", "a", "b"]);
});

test("ReCoRD's names are written a line each", () => {
  const values = {
    passage: "Ann met Bob.",
    query: "@placeholder left.",
    entities: "Ann\n Bob\n\n",
  };
  const [sample] = taskDefinition("ReCoRD").samples(rowAsWritten(values));
  expect(sample?.options).toEqual([" Ann left.", " Bob left."]);
});
