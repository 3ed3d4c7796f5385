import { afterEach, expect, test } from "vitest";
import { createLibrary } from "./library.ts";
import { memoryCache } from "./memoryCache.ts";
import { QUIET_MS } from "./silence.ts";
import { type LocalHub, startLocalHub, untilAborted } from "./testing/localHub.ts";
import { COMMIT, modelContent, noise } from "./testing/models.ts";

const opened: LocalHub[] = [];
afterEach(async () => {
  for (const local of opened.splice(0)) await local.close();
});

const set = "org/set";
const folder = `datasets--org--set@${COMMIT}~default`;
const files = {
  "default/train/0000.parquet": noise(3000),
  "default/validation/0000.parquet": noise(2000),
};

/** A library as at each visit, over what earlier visits left. */
async function scene() {
  const local = await startLocalHub({ ...modelContent(), datasets: { [set]: { files } } });
  opened.push(local);
  const cache = memoryCache();
  const choice = { endpoint: local.hub.endpoint };
  const visit = () =>
    createLibrary({
      cache,
      fetch: local.hub.fetch,
      isOnline: () => true,
      whenOnline: async () => {},
      now: () => performance.now(),
      date: () => new Date("2025-01-02T03:04:05Z"),
      // Patience with a silent connection never ends here; between two tellings no time passes.
      sleep: async (milliseconds, signal) =>
        milliseconds === QUIET_MS ? untilAborted(signal) : undefined,
    });
  return { local, choice, visit };
}

test("a paused download of a further split can continue, and complete splits can be opened meanwhile", async () => {
  const { local, choice, visit } = await scene();
  const never = new AbortController().signal;
  const library = visit();
  await library.describeDataset(set, choice);
  await library.download(folder, ["train"], choice, never, () => {});
  const whole = { isWhole: true, splits: ["train"] };
  expect(await library.list()).toMatchObject([{ ...whole, canResume: false, totalBytes: 3000 }]);

  const path = "default/validation/0000.parquet";
  local.faults.set(`/datasets/${set}/resolve/${COMMIT}/${path}`, [
    { kind: "stall", afterBytes: 500 },
  ]);
  const pause = new AbortController();
  const both = ["train", "validation"];
  const loading = library.download(folder, both, choice, pause.signal, ({ doneBytes }) => {
    if (doneBytes >= 3500) pause.abort();
  });
  await expect(loading).rejects.toMatchObject({ name: "AbortError" });

  const later = visit();
  const [entry] = await later.list();
  expect(entry).toMatchObject({ ...whole, canResume: true, sizeBytes: 3500, totalBytes: 5000 });
  expect((await later.open(folder, "train")).files).toMatchObject([{ sizeBytes: 3000 }]);
  await expect(later.open(folder, "validation")).rejects.toMatchObject({ code: "E-STORE-3" });

  await later.download(folder, [], choice, never, () => {});
  const [ended] = await later.list();
  expect(ended).toMatchObject({ isWhole: true, canResume: false, sizeBytes: 5000 });
  expect([...(ended?.splits ?? [])].sort()).toEqual(both);
});
