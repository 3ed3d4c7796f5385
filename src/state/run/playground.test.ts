import { expect, test } from "vitest";
import { fakePreview } from "../testing/fakeData.ts";
import {
  defaultDraft,
  draftErrors,
  type PlaygroundDraft,
  requestFrom,
  sideFacts,
  suggestedPrompt,
  writingStatus,
} from "./playground.ts";

const draft = defaultDraft({ kind: "classification" });
const side = { text: "a", tokens: 1, tokensPerSecond: null, cutTokens: 0, ending: null };
const request = requestFrom("x", draft)!;

test("the prompt of a row is offered, without its beginning token and its answer", () => {
  expect(suggestedPrompt(fakePreview("dev", 1))).toBe(
    "two hours of my life that no one will give back . It was",
  );
  expect(suggestedPrompt(null)).toBe("");
});

test("greedy writing draws nothing, so fields of drawing are neither asked nor checked", () => {
  const typed: PlaygroundDraft = { ...draft, temperature: "hot", seed: "-1" };
  expect(draftErrors(typed)).toEqual({});
  expect(requestFrom("x", typed)).toMatchObject({ sampling: { kind: "greedy" }, seed: 0 });
  expect(Object.keys(draftErrors({ ...typed, isSampled: true }))).toEqual(["temperature", "seed"]);
  expect(requestFrom("x", { ...typed, isSampled: true })).toBeNull();
});

test("what is typed becomes the request, a line break among it", () => {
  const typed = { ...draft, isSampled: true, topK: "40", seed: "7", stop: "\\n\\nQ" };
  expect(requestFrom(" as typed ", typed)).toEqual({
    prompt: " as typed ",
    sampling: { kind: "sampled", temperature: 0.8, topK: 40, topP: 0.95 },
    seed: 7,
    maxNewTokens: 50,
    stops: ["\n\nQ"],
  });
});

test("a task that is judged by writing stops at the end of the line, as its evaluation does", () => {
  expect(requestFrom("x", defaultDraft({ kind: "generation" }))!.stops).toEqual(["\n"]);
});

test("a side tells its tokens, the measured rate, and why it ended", () => {
  expect(sideFacts(side)).toBe("1 token");
  const ended = { ...side, tokens: 14, tokensPerSecond: 37.21, ending: "end token" } as const;
  expect(sideFacts(ended)).toBe("14 tokens · 37.2 tokens/s · ended by itself");
  expect(sideFacts({ ...ended, ending: "cancelled", cutTokens: 3 })).toContain(
    "stopped · the prompt lost its first 3 tokens",
  );
});

test("the status says whose turn it is", () => {
  const ended = { ...side, ending: "length" } as const;
  expect(writingStatus(null, true)).toMatch(/ready/);
  expect(writingStatus({ request, before: null, after: side }, true)).toMatch(/tuned/);
  expect(writingStatus({ request, before: null, after: ended }, true)).toMatch(/weights/);
  expect(writingStatus({ request, before: side, after: ended }, true)).toMatch(/before training/);
  expect(writingStatus({ request, before: ended, after: ended }, false)).toBe("Done.");
  const cut = { ...side, ending: "cancelled" } as const;
  expect(writingStatus({ request, before: null, after: cut }, false)).toBe("Stopped.");
});
