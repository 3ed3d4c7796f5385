import { deflateSync } from "fflate";
import { expect, test } from "vitest";
import { builtInTask } from "#data/tasks/index.ts";
import type { TaskSpec } from "#data/tasks/task.ts";
import { resolveSettings } from "#zo/resolveSettings.ts";
import { importSettings } from "./importSettings.ts";
import { decodeShareLink, encodeShareLink, isShareLink } from "./shareLink.ts";

const settings = resolveSettings({ method: "lezo", steps: 200, learningRate: 3e-6 });
const task: TaskSpec = {
  kind: "classification",
  template: "{text} — so:",
  labelColumn: "label",
  labels: ["0", "1"],
  words: [" bad", " good"],
  bos: 2,
  maxLength: 512,
};
const refused = (reason: string) =>
  expect.objectContaining({
    code: expect.stringMatching(/^E-CFG-[1257]$/),
    message: expect.stringContaining(reason),
  });

function link(value: unknown): string {
  const packed = deflateSync(new TextEncoder().encode(JSON.stringify(value)));
  return `c=${Buffer.from(packed).toString("base64url")}`;
}

test("settings go through a link and come back whole", () => {
  const shared = { settings, task, model: "facebook/opt-125m@main" };
  const fragment = encodeShareLink(shared);
  expect(fragment).toMatch(/^c=[\w-]+$/);
  expect(isShareLink(`#${fragment}`)).toBe(true);
  expect(decodeShareLink(`#${fragment}`)).toEqual(shared);
});

test("a task with a score head goes through a link and a settings file", () => {
  const free: TaskSpec = {
    ...task,
    kind: "classification",
    template: "{text}",
    words: [],
    head: true,
  };
  expect(decodeShareLink(encodeShareLink({ settings, task: free })).task).toEqual(free);
  expect(importSettings(JSON.stringify({ settings, task: free })).task).toEqual(free);
});

test("defaults are left out, so a plain run has a short link", () => {
  expect(encodeShareLink({ settings: resolveSettings({}) }).length).toBeLessThan(60);
});

test("of a built-in task the name is carried", () => {
  const sst2 = builtInTask("SST2", { bos: 0, maxLength: 300 });
  const fragment = encodeShareLink({ settings, task: sst2 });
  expect(decodeShareLink(fragment).task).toEqual(sst2);
});

test("columns that were named, other kinds of tasks and the draw of rows go through a link", () => {
  const named = { ...builtInTask("RTE", { bos: 2, maxLength: 300 }), columns: { premise: "a" } };
  const choice: TaskSpec = {
    kind: "multiple choice",
    template: "{q}",
    labelColumn: "right",
    labels: [],
    words: [],
    optionColumns: ["a", "b"],
    bos: 2,
    maxLength: 300,
  };
  const rules = { trainRows: 1000, devRows: 500, testRows: 0, dataSeed: 7, leaks: "drop" } as const;
  for (const shared of [
    { settings, task: named, rules },
    { settings, task: choice },
  ]) {
    expect(decodeShareLink(encodeShareLink(shared))).toEqual(shared);
  }
});

test("a link longer than 8 kB is refused when it is made", () => {
  const template = Array.from({ length: 20_000 }, (_, i) => Math.sin(i).toString(36).at(-1)).join(
    "",
  );
  expect(() => encodeShareLink({ settings, task: { ...task, template } })).toThrow(refused("8192"));
});

test.each([
  ["c=", "cannot be unpacked"],
  ["c=AAAA", "cannot be unpacked"],
  ["c=%%%", "cannot be unpacked"],
  ["run=abc", "no such link"],
  [`c=${"A".repeat(9000)}`, "no such link"],
  [link({ v: 2, s: {} }), '"v" is the number 2; 1 is needed'],
  [link({ v: 1, s: { method: "adam" } }), "no method"],
  [link({ v: 1, s: { steps: -1 } }), "Steps is -1"],
  [link({ v: 1, s: { __proto__x: 1 } }), "no setting"],
  [link({ v: 1, s: {}, m: "../../etc" }), '"m" is the text "../../etc"; owner/name is needed'],
  [link({ v: 1, s: {}, t: { task: "NoTask", bos: 2, maxLength: 5 } }), "no task"],
  [
    link({ v: 1, s: {}, t: { template: "x".repeat(6000) } }),
    '"t.task" is missing; a text is needed',
  ],
  [
    link({ v: 1, s: {}, d: { trainRows: -1 } }),
    '"d.trainRows" is the number -1; a number of at least 0 is needed',
  ],
  [link({ v: 1, s: {}, pad: "x".repeat(200_000) }), "cannot be unpacked"],
])("the link %.30s is refused with a reason", (fragment, reason) => {
  expect(() => decodeShareLink(fragment)).toThrow(refused(reason));
});
