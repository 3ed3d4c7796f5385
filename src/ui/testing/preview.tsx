import { createRoot } from "react-dom/client";
import { createApp } from "#state/app.ts";
import { keepInBrowser } from "#state/preferences.ts";
import { fakeData, fakeSst2 } from "#state/testing/fakeData.ts";
import { FakeEngine, type Script } from "#state/testing/fakeEngine.ts";
import {
  fakeComparison,
  fakeQueue,
  fakeRuns,
  fakeSoftwareDevice,
  fakeUnavailableDevice,
} from "#state/testing/fakeReports.ts";
import { mendLanguage } from "#state/text/locale.ts";
import { Page } from "../Page.tsx";
import { saveFile } from "../saveFile.ts";

/**
 * The page on a scripted engine, for looking at every screen without a GPU:
 * `npm run dev`, then /src/ui/testing/preview.html?script=running. Never part of a build.
 */
const SCRIPTS: Readonly<Record<string, Script>> = {
  empty: {},
  stored: { runs: fakeRuns },
  comparison: { runs: fakeComparison },
  queue: { runs: [...fakeQueue, ...fakeRuns], stopsAt: 60, stepsPerTick: 2 },
  probing: { probeStopsAt: 5 },
  contradiction: {
    refusals: {
      startRun: {
        code: "E-CFG-3",
        message:
          "Weight decay cannot be taken back step by step, so the snapshot must be a copy of the weights with it.",
      },
    },
  },
  running: { stopsAt: 1e9, stepsPerTick: 2 },
  half: { stopsAt: 240, stepsPerTick: 24, endStatus: "paused" },
  finished: { stopsAt: 400, stepsPerTick: 40 },
  long: { stopsAt: 20_000, stepsPerTick: 2000 },
  software: { device: fakeSoftwareDevice },
  unavailable: { device: fakeUnavailableDevice, runs: fakeRuns },
  refused: {
    refusals: {
      openModel: {
        code: "E-FILE-1",
        message:
          "“model.safetensors” is not a model: it is a 133-byte Git LFS pointer. Download the real file from the model's page and drop it here.",
      },
    },
  },
  tooLarge: {
    refusals: {
      startRun: {
        code: "E-MEM-1",
        message:
          "This run needs 1.98 GB of GPU memory: weights 1.33 GB, scratch 36.1 MB, activations 614 MB, tables 4.2 MB. The weights are there already; of the other 654 MB this GPU gave 511 MB in a trial. What would fit: weights stored as f16 (1.32 GB), batches of 12 examples (1.83 GB), texts of at most 96 tokens (1.81 GB), opt-125m in its place (1.01 GB).",
        remedies: [
          { label: "Store weights as f16", settings: { dtype: "f16" } },
          { label: "Batches of 12 examples", settings: { batchSize: 12 } },
          { label: "Texts of at most 96 tokens", settings: {}, maxLength: 96 },
        ],
      },
    },
  },
  sst2: { data: fakeSst2 },
  blocked: {
    data: { ...fakeData, blockers: ["Label “neutral” (312 rows, first: row 9) has no word."] },
  },
};

mendLanguage(navigator);
const name = new URLSearchParams(location.search).get("script") ?? "empty";
const port = new FakeEngine(SCRIPTS[name]);
const app = createApp({ port, preferences: keepInBrowser(), clock: window, saveFile });
Object.assign(window, { engine: port });
const begun = app.actions.begin(location.hash);
const root = document.getElementById("root");
if (root) createRoot(root).render(<Page app={app} />);
await begun;
