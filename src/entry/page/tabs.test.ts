import { afterEach, expect, test, vi } from "vitest";
import type { RunNews } from "#session/environment.ts";
import { broadcastTabs } from "./tabs.ts";

const opened: BroadcastChannel[] = [];
afterEach(() => {
  vi.useRealTimers();
  for (const channel of opened.splice(0)) channel.close();
});

function openTab() {
  const channel = new BroadcastChannel("runs of a test");
  opened.push(channel);
  return broadcastTabs(channel);
}

const newsAfter = (after: number) => ({ steps: [{ step: after + 1 }] }) as unknown as RunNews;

test("of several tabs, the one that has the run answers each question", async () => {
  const [asking, training, idle] = [openTab(), openTab(), openTab()];
  training.onAsk(({ runId, after }) => (runId === "mine" ? newsAfter(after) : null));
  idle.onAsk(() => null);
  const both = [1, 7].map((after) => asking.ask({ runId: "mine", after }));
  expect(await Promise.all(both)).toEqual([newsAfter(1), newsAfter(7)]);
});

test("a question that no tab answers ends without news", async () => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
  const [asking, other] = [openTab(), openTab()];
  other.onAsk(() => null);
  const answer = asking.ask({ runId: "gone", after: 0 });
  await vi.advanceTimersByTimeAsync(5000);
  expect(await answer).toBeNull();
});
