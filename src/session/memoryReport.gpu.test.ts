import { expect, test } from "vitest";
import type { EngineEvent } from "./protocol.ts";
import { createBrowser, openReadyTab } from "./testing/browser.ts";
import { oneDeviceGpu } from "./testing/gpus.ts";

test("the memory reported before a start is what the run then allocates, to the byte", async () => {
  const tab = await openReadyTab(createBrowser({ gpu: oneDeviceGpu(), rows: 8 }));
  for (const method of ["mezo", "sparse_mezo"]) {
    const settings = { method, steps: 1, batchSize: 4, learningRate: 1e-3 };
    const told = find(await tab.ask({ type: "planMemory", settings }), "memory")!.memory;
    expect(told.isExact).toBe(true);
    const events = await tab.ask({ type: "startRun", settings, name: method });
    const run = find(events, "run")!.run;
    expect(run.gpuBytes).toEqual(told.bytes);
  }
});

function find<T extends EngineEvent["type"]>(events: readonly EngineEvent[], type: T) {
  return events.findLast(
    (event): event is Extract<EngineEvent, { type: T }> => event.type === type,
  );
}
