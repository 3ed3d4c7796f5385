import { packAll } from "#data/packing.ts";
import type { EncodedExample } from "#data/task.ts";
import { encodeTerms, type SlottedTerm } from "#model/deltas.ts";
import { toKernelRecord } from "#model/linearChoice.ts";
import type { OptModel, PassState } from "#model/opt.ts";
import { parameterCount } from "#model/parameters.ts";
import type { PassPlan } from "#model/products.ts";
import { prepareMasks } from "#train/session/sparsity.ts";
import { Stepper } from "#train/stepper.ts";
import { keyOf } from "#zo/philox.ts";
import { methodOf, resolveSettings } from "#zo/readSettings.ts";
import type { SettingValues } from "#zo/settings.ts";
import { chooseLinear, openNodeDevice } from "../entry/node/open.ts";
import { configOf, examplesOf, medianMs, randomModel } from "./ground.ts";
import { printTable } from "./table.ts";

/*
 * What does a step cost beside the forward passes nobody can avoid? Each method's step divided by two
 * bare forward passes of the same batch, and the classic scheme (perturb in place, forward, perturb,
 * forward, restore, update) from the same kernels. Ratios within one run; the times are this machine's.
 */

const tokensPerSign = [64, 256, 512, 1024] as const;
const repeats = 7;

const contenders: readonly { readonly name: string; readonly settings: SettingValues }[] = [
  { name: "MeZO", settings: { method: "mezo" } },
  { name: "Sparse-MeZO", settings: { method: "sparse_mezo", sparsity: 0.75 } },
  { name: "LeZO 0.5", settings: { method: "lezo", lezoSparsity: 0.5 } },
  { name: "LeZO 0.75", settings: { method: "lezo", lezoSparsity: 0.75 } },
  { name: "SVRG q=8, deltas", settings: { method: "mezo_svrg", svrgQ: 8, snapshot: "deltas" } },
  { name: "SVRG q=8, copy", settings: { method: "mezo_svrg", svrgQ: 8, snapshot: "copy" } },
];

/** @param args hidden size, layers, vocabulary; small by default, since processors emulate slowly */
export async function stepBench(args: readonly string[]): Promise<unknown> {
  const [hidden = 256, layers = 8, vocab = 4096] = args.map(Number);
  const device = await openNodeDevice();
  const linear = chooseLinear(device, "f32");
  const config = configOf(hidden, layers, vocab);
  const results = [];
  for (const tokens of tokensPerSign) {
    const examples = examplesOf(tokens, 32, vocab);
    const model = await randomModel(device, config, examples, linear);
    const forward = await medianMs(() => bareForwards(model, examples), repeats);
    const times: Record<string, number> = {
      "classic MeZO": await medianMs(() => classicStep(model, examples), repeats),
    };
    for (const { name, settings } of contenders) {
      times[name] = await stepTime(model, settings, examples);
    }
    results.push({ tokens, parameters: parameterCount(model.layout.table), forward, times });
    console.error(tokens, forward.toFixed(1), times);
    model.destroy();
  }
  print(results, `${hidden} wide, ${layers} blocks, ${vocab} ids, ${device.info.description}`);
  return {
    adapter: device.info.description,
    hidden,
    layers,
    vocab,
    kernels: toKernelRecord(linear),
    results,
  };
}

async function stepTime(
  model: OptModel,
  given: SettingValues,
  examples: readonly EncodedExample[],
): Promise<number> {
  const settings = resolveSettings({
    ...given,
    batchSize: examples.length,
    learningRate: 1e-6,
    steps: 1000,
  });
  await prepareMasks(model, settings);
  const stepper = new Stepper(model, methodOf(settings), settings, examples, []);
  const one = async () => {
    // An anchor step here has as many rows as a batch; it is run, but not among the steps timed.
    while (stepper.isNextLong) {
      await stepper.enqueueLong({ onPart: () => {}, isPauseWanted: () => false });
      await stepper.collect();
    }
    const started = performance.now();
    stepper.enqueue();
    await stepper.collect();
    return performance.now() - started;
  };
  const times: number[] = [];
  for (let i = 0; i <= repeats; i++) times.push(await one());
  stepper.flush();
  return times.slice(1).sort((a, b) => a - b)[Math.floor(repeats / 2)]!;
}

const nothing: PassPlan = { isProbed: () => false, isUpdated: () => false, sharedBlocks: null };

/** Both signs of a batch over the weights as they are: two forward passes and nothing else. */
async function bareForwards(model: OptModel, examples: readonly EncodedExample[]): Promise<void> {
  model.setPass(passState(0));
  for (const part of packAll(examples, model.capacity)) {
    model.setBatch(part, 2, { probe: 0, accumulates: false, perToken: false });
    model.probe(part, nothing);
  }
  await model.readback.read(model.buffers.lossSums, 0, 8);
}

/** MeZO as published: four passes over all weights, two forward passes, one sign after the other. */
async function classicStep(model: OptModel, examples: readonly EncodedExample[]): Promise<void> {
  perturb(model, 1e-3);
  forwardOnce(model, examples);
  perturb(model, -2e-3);
  forwardOnce(model, examples);
  perturb(model, 1e-3);
  perturb(model, -1e-6);
  await model.readback.read(model.buffers.lossSums, 0, 8);
}

function forwardOnce(model: OptModel, examples: readonly EncodedExample[]): void {
  model.setPass(passState(0));
  for (const part of packAll(examples, model.capacity)) {
    model.setBatch(part, 1, { probe: 0, accumulates: false, perToken: false });
    model.probe(part, nothing, "theta", 1);
  }
}

function perturb(model: OptModel, coefficient: number): void {
  const term: SlottedTerm = {
    ...{ kind: "noise", direction: { step: 1, probe: 0 }, slot: 0, blocks: null },
    ...{ embeddings: true, beginsStep: true },
  };
  model.device.queue.writeBuffer(model.buffers.terms, 0, encodeTerms([term]));
  model.device.queue.writeBuffer(model.buffers.coefficients, 0, new Float32Array([coefficient]));
  model.setPass(passState(1));
  model.update({ isProbed: () => false, isUpdated: () => true, sharedBlocks: null });
}

function passState(updates: number): PassState {
  const [seedLow, seedHigh] = keyOf(42);
  return {
    ...{ seed_low: seedLow, seed_high: seedHigh, probe_step: 0, probe_index: 0 },
    ...{ probe_blocks_low: 0, probe_blocks_high: 0, probe_embeddings: 0, probe_enabled: 0 },
    ...{ epsilon: 0, update_count: updates, offset_count: 0, mask_by_magnitude: 0 },
  };
}

function print(
  results: readonly {
    readonly tokens: number;
    readonly forward: number;
    readonly times: Readonly<Record<string, number>>;
  }[],
  what: string,
): void {
  console.log(`A step divided by two bare forward passes (${what}).`);
  const names = Object.keys(results[0]?.times ?? {});
  printTable(
    ["tokens per sign", "two forwards", ...names, "MeZO ÷ classic"],
    results.map(({ tokens, forward, times }) => [
      String(tokens),
      `${forward.toFixed(1)} ms`,
      ...names.map((name) => (times[name]! / forward).toFixed(2)),
      (times["MeZO"]! / times["classic MeZO"]!).toFixed(2),
    ]),
  );
}
