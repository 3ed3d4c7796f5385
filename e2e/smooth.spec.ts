import { expect } from "@playwright/test";
import { test } from "./testing/pageTest.ts";
import { tasksDuring } from "./testing/smoothness.ts";
import { button, expectSteps, visit } from "./testing/visit.ts";

/** Beyond this, a person notices that the page does not answer (web.dev: "long task"). */
const NOTICED_MS = 50;

// A recording copies the whole page at every look at it, in the thread that is measured here.
test.use({ trace: "off" });

test("the page stays smooth while the model trains", async ({ page, browser }) => {
  await visit(page);
  await button(page, "Try it now").click();
  await expectSteps(page, 5);
  const tasks = await tasksDuring(browser, page, () => expectSteps(page, 35));
  const longest = tasks.slice(0, 5).map(({ cpuMs, wallMs }) => `${cpuMs} (${wallMs})`);
  console.log(
    `Of ${tasks.length} tasks, the longest took ms (by the clock): ${longest.join(", ")}`,
  );
  expect(tasks.length).toBeGreaterThan(100);
  expect(tasks.filter(({ cpuMs }) => cpuMs > NOTICED_MS)).toEqual([]);
});
