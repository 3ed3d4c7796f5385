import { ZerothError } from "#base/errors.ts";
import type { OptConfig } from "#model/config.ts";
import { parameterCount } from "#model/parameters.ts";
import type { Arguments } from "./flags.ts";
import { chooseLinear } from "./kernels.ts";
import { loadModel, openFolder, openNodeDevice } from "./open.ts";
import { print } from "./print.ts";
import { needOne } from "./score.ts";
import { makeCheck, type Outcome } from "./verify/checks.ts";
import { asExample, verifyEngine } from "./verify/engine.ts";
import { type Check, type ModelValues, readValues } from "./verify/values.ts";

/**
 * `verify MODEL [--against FILE]`: prints a line per check, `{"name", "expected", "got", "difference", "allowed",
 * "ok"}`, a line per thing that cannot be checked, and the verdict.
 *
 * @throws ZerothError E-GPU-9 if a check disagrees; E-FILE-9 if no values are known for the model
 */
export async function verifyCommand(args: Arguments): Promise<void> {
  const folder = needOne(args, "verify MODEL [--against FILE]");
  const against = args.flags["against"];
  const path = against ?? new URL("./verify/published.json", import.meta.url);
  const { models } = readValues(path);
  const opened = await openFolder(folder);
  const values = models.find(({ shape }) => isShaped(opened.config, shape));
  if (!values) throw unknownModel(opened.config, models);
  console.error(`${folder} has the shape of ${values.name}: ${values.checks.length} checks.`);

  const device = await openNodeDevice();
  const linear = chooseLinear(device, "f32", args.flags["linear"]);
  const evaluated = values.checks.flatMap(idsOf).map(asExample);
  const model = await loadModel(device, opened, { trained: [], evaluated, linear, dtype: "f32" });
  const on = {
    engine: await verifyEngine(model),
    tokenizer: opened.tokenizer,
    parameters: parameterCount(model.layout.table),
  };
  const outcomes: Outcome[] = [];
  for (const check of values.checks) {
    const outcome = await makeCheck(check, on);
    outcomes.push(outcome);
    print({ ...outcome });
    console.error(`${outcome.ok ? "agrees" : "DISAGREES"}: ${outcome.name}`);
  }
  for (const { name, why } of values.notChecked) print({ name, not_checked: why });
  const agreed = outcomes.filter(({ ok }) => ok).length;
  print({
    verdict: agreed === outcomes.length ? "agrees" : "disagrees",
    model: values.name,
    checks: outcomes.length,
    agreed,
    not_checked: values.notChecked.length,
    adapter: device.info.description,
  });
  if (agreed === outcomes.length) return;
  const failed = outcomes.filter(({ ok }) => !ok).map(({ name }) => name);
  throw new ZerothError(
    "E-GPU-9",
    `${failed.length} of ${outcomes.length} checks disagree (first: ${failed[0]}). Either these are ` +
      `not the weights of ${values.name}, or this GPU computes something else; \`info\` tests the GPU.`,
  );
}

function isShaped(config: OptConfig, shape: ModelValues["shape"]): boolean {
  return (
    config.hiddenSize === shape.hidden_size &&
    config.numHiddenLayers === shape.num_hidden_layers &&
    config.wordEmbedProjDim === shape.word_embed_proj_dim &&
    config.vocabSize === shape.vocab_size
  );
}

function unknownModel(config: OptConfig, models: readonly ModelValues[]): ZerothError {
  const { hiddenSize, numHiddenLayers, vocabSize } = config;
  return new ZerothError(
    "E-FILE-9",
    `No values are known for a model of width ${hiddenSize} with ${numHiddenLayers} blocks and ` +
      `${vocabSize} token ids. Known models: ${models.map(({ name }) => name).join(", ")}; ` +
      "--against FILE gives other values.",
  );
}

/** Longest sequences that a check runs. */
function idsOf(check: Check): readonly (readonly number[])[] {
  switch (check.kind) {
    case "parameters":
    case "tokens":
      return [];
    case "loss":
    case "hidden":
      return [check.ids];
    case "greedy":
      return [[...check.ids, ...check.expected]];
    case "logits mean":
      return check.ids;
    default:
      return check satisfies never;
  }
}
