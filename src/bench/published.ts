import { bytesText } from "#base/text.ts";
import { parseConfig } from "#model/config.ts";
import { publishedConfigs } from "#model/publishedConfigs.ts";
import { planEveryMethod } from "#run/memory/memoryPlan.ts";
import { printTable } from "./table.ts";

/* What do the published models take on a GPU, by the plan that allocation walks? */

/** What GPUs bind as one buffer, as a rule; emulated ones bind less, and cut matrices smaller. */
const BINDABLE_BYTES = 2 ** 31 - 4;

export async function publishedBench(): Promise<unknown> {
  const models = Object.entries(publishedConfigs).map(([name, json]) => {
    const [mezo, ...others] = planEveryMethod(parseConfig(json), BINDABLE_BYTES, "f32");
    if (!mezo) throw new Error("No method has a plan.");
    return { name, bytes: mezo.plan.bytes, totals: [mezo, ...others].map(total) };
  });
  console.log("GPU memory as planned: f32 weights, batches of 16 rows of 64 tokens.\n");
  const methods = models[0]?.totals.map(({ method }) => method) ?? [];
  printTable(
    ["model", "weights", "scratch", "activations", ...methods],
    models.map(({ name, bytes, totals }) => [
      name,
      bytesText(bytes.weights),
      bytesText(bytes.scratch),
      bytesText(bytes.activations),
      ...totals.map(({ totalBytes }) => bytesText(totalBytes)),
    ]),
  );
  return { bindableBytes: BINDABLE_BYTES, models };
}

function total({ name, plan }: ReturnType<typeof planEveryMethod>[number]) {
  return { method: name, totalBytes: plan.totalBytes };
}
