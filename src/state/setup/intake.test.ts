import { expect, test } from "vitest";
import type { EngineEvent } from "#session/protocol.ts";
import { fakeStep } from "../testing/fakeSteps.ts";
import { createIntake } from "./intake.ts";

const steps: EngineEvent = { type: "steps", runId: "r", steps: [fakeStep(1)] };

function setUp() {
  const batches: string[][] = [];
  const timers: (() => void)[] = [];
  const intake = createIntake((events) => batches.push(events.map(({ type }) => type)), {
    setTimeout: (action) => timers.push(action),
  });
  return { batches, timers, intake };
}

test("readings are gathered and handed on together", () => {
  const { batches, timers, intake } = setUp();
  intake(steps);
  intake(steps);
  expect(batches).toEqual([]);
  expect(timers.length).toBe(1);
  timers[0]?.();
  expect(batches).toEqual([["steps", "steps"]]);
});

test("an answer passes at once, after the readings that came before it", () => {
  const { batches, timers, intake } = setUp();
  intake(steps);
  intake({ type: "done", id: 1 });
  expect(batches).toEqual([["steps", "done"]]);
  timers[0]?.();
  expect(batches.length).toBe(1);
});
