// Trains a model on a data file with the engine, as the page and the command line do, and prints each step:
//   node src/tools/run.mjs examples/train.ts [DATA] [MODEL] [STEPS]
import { describeTask } from "#data/tasks/guess.ts";
import { folderSources, parser, readText } from "#entry/node/files.ts";
import { nodeGpu } from "#entry/node/gpu.ts";
import { withSession } from "#entry/node/session.ts";
import type { EngineEvent } from "#session/protocol.ts";
import { resolveSettings } from "#zo/resolveSettings.ts";

const [data = "examples/sentiment.csv", model = "public/demo", steps = "20"] =
  process.argv.slice(2);

/** Prints what the engine reports. */
function onEvent(event: EngineEvent): void {
  switch (event.type) {
    case "data":
      if (event.data) console.log(describeTask(event.data.task));
      break;
    case "steps":
      for (const { step, loss } of event.steps)
        console.log(`step ${step}: loss ${loss.toFixed(4)}`);
      break;
    case "evaluation": {
      const { step, loss, n } = event.evaluation;
      console.log(`after step ${step}: loss ${loss.toFixed(4)} on ${n} validation examples`);
      break;
    }
    default:
  }
}

await withSession({ kind: "memory" }, nodeGpu(), onEvent, async (session) => {
  const files = await parser.openModelFiles(folderSources(model));
  await session.ask({ type: "openModel", source: { kind: "parsed", name: model, files } });
  // The task is guessed from the columns, and a fifth of the rows is held out for validation.
  const train = { kind: "text", name: data, text: await readText(data) } as const;
  await session.ask({ type: "openData", train });
  const settings = resolveSettings({ steps: Number(steps), batchSize: 8, learningRate: 1e-4 });
  await session.ask({ type: "startRun", settings, name: "example" });
});
process.exit(0); // Dawn keeps the process alive
