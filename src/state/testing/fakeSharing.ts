import type { ImportedReport, ShareReport } from "#session/reports.ts";
import { fakeTask } from "./fakeData.ts";

export const fakeImport: ImportedReport = {
  settings: { method: "lezo", steps: 300, learningRate: 3e-6 },
  task: fakeTask,
  rules: {},
  model: "facebook/opt-125m",
  name: "Shared",
  notes: ["--output_dir result was passed over."],
};

export const fakeShare: ShareReport = {
  runId: "",
  fragment: "c=q1bKTS3JyFeyUiouSSwp1lGqBQA",
  whyNoLink: "",
  runPy: {
    command: "python run.py \\\n  --model_name facebook/opt-125m \\\n  --task_name SST2",
    notes: ["MeZO draws gaussian noise, this run binomial."],
  },
};
