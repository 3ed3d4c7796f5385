import { ZerothError } from "#base/errors.ts";
import { idsBefore } from "#data/tokenizer/encodeText.ts";
import { bindableBytes } from "#gpu/device.ts";
import { planWork } from "#model/memoryPlan.ts";
import { Model } from "#model/model.ts";
import {
  fitPrompt,
  planRoom,
  tokenRate,
  type WritingGround,
  type WritingOptions,
  writeAll,
  writingGround,
} from "#run/evaluation/writing.ts";
import { checkWriting, type WritingRequest } from "#run/evaluation/writingRequest.ts";
import type { ActiveRun } from "./activeRun.ts";
import { admitWriting } from "./admission.ts";
import { type Desk, deviceOf, modelOf, progressTo, runsOf } from "./desk.ts";
import { fastestLinear } from "./kernelChoice.ts";
import type { OpenModel } from "./openModel.ts";
import type { SideReport, WritingReport } from "./protocol.ts";
import { restoreWeights } from "./starting.ts";

/**
 * Writes on from a person's own words, by the weights on the GPU and then by the model before
 * training, for which the base weights come back for a moment; then the run's own, to the very bits
 * they had. Without a run, by the open model alone. `cancel` ends it between two tokens.
 *
 * @throws ZerothError E-CFG-1 for a value out of range, E-OPEN-1 if no model is open
 */
export async function write(desk: Desk, request: WritingRequest): Promise<void> {
  checkWriting(request);
  const { run } = desk;
  if (!run) return writeByBase(desk, request);
  const { opt, model } = run.ground;
  const text = textFor(request, model, run);
  const room = roomFor(writingGround(opt), text);
  await admitWriting(model.device, { config: opt.config, layout: opt.layout, room });
  if (run.steps.length === 0) {
    const tell = tellAs(desk, request, (before) => ({ before, after: null }));
    await writeSide(desk, opt, model, request, text, tell);
    return;
  }
  const tellAfter = tellAs(desk, request, (after) => ({ before: null, after }));
  const after = await writeSide(desk, opt, model, request, text, tellAfter);
  if (desk.isCancelled) return;
  const runs = await runsOf(desk);
  const { snapshots } = await runs.loadRun(run.record.id);
  await model.reload(progressTo(desk));
  try {
    const tellBefore = tellAs(desk, request, (before) => ({ before, after }));
    await writeSide(desk, opt, model, request, text, tellBefore);
  } finally {
    const steps = run.steps.slice(0, run.travelledTo ?? run.steps.length);
    await restoreWeights(desk, runs, run.ground, run.record, steps, snapshots);
  }
}

/** Room to read a prompt in parts of 128 tokens. */
const readingRoom = { tokens: 64, scored: 1, options: 1, examples: 1 };

async function writeByBase(desk: Desk, request: WritingRequest): Promise<void> {
  const model = modelOf(desk);
  const device = await deviceOf(desk);
  const report = progressTo(desk);
  if (!model.isBase) {
    await model.reload(report);
    model.isBase = true;
  }
  const { config, weights } = model;
  const { layout } = weights;
  const ground = { config, capacity: readingRoom, maxBindingBytes: bindableBytes(device.info) };
  const text = textFor(request, model, null);
  await admitWriting(device, {
    config,
    layout,
    room: roomFor(ground, text),
    beside: planWork({ ...ground, layout, hasMasks: false, hasSnapshot: false }),
  });
  const opt = await Model.create({
    device,
    weights: model.weights,
    sources: desk.env.sources,
    noise: "binomial",
    capacity: readingRoom,
    linear: await fastestLinear(desk, device, model),
    onCompiled: (done, total) =>
      report({ label: "Preparing GPU programs", done, total, unit: "shaders" }),
  });
  try {
    const tell = tellAs(desk, request, (before) => ({ before, after: null }));
    await writeSide(desk, opt, model, request, text, tell);
  } finally {
    opt.destroy();
  }
}

interface Text {
  readonly prompt: readonly number[];
  readonly maxNewTokens: number;
  /** Of the prompt, at its beginning. */
  readonly cutTokens: number;
}

/** What is written on, as ids that the model has positions for. */
function textFor(
  request: WritingRequest,
  { tokenizer, config }: OpenModel,
  run: ActiveRun | null,
): Text {
  const ids = [
    ...idsBefore(tokenizer, run?.record.task ?? {}),
    ...tokenizer.encode(request.prompt),
  ];
  if (ids.length === 0) throw new ZerothError("E-CFG-1", "Give the text to write on from.");
  const fitted = fitPrompt(ids, request.maxNewTokens, config.maxPositionEmbeddings);
  return { ...fitted, cutTokens: ids.length - fitted.prompt.length };
}

function roomFor(ground: WritingGround, { prompt, maxNewTokens }: Text) {
  return planRoom(ground, [prompt], maxNewTokens);
}

type Tell = (side: SideReport) => void;

function tellAs(
  desk: Desk,
  request: WritingRequest,
  place: (side: SideReport) => Pick<WritingReport, "before" | "after">,
): Tell {
  return (side) => desk.env.emit({ type: "written", writing: { request, ...place(side) } });
}

/** One text, told as it grows. */
async function writeSide(
  desk: Desk,
  opt: Model,
  model: OpenModel,
  request: WritingRequest,
  { prompt, maxNewTokens, cutTokens }: Text,
  tell: Tell,
): Promise<SideReport> {
  const options: WritingOptions = { ...request, maxNewTokens };
  const rate = tokenRate(() => desk.env.now());
  tell({ text: "", tokens: 0, tokensPerSecond: null, cutTokens, ending: null });
  desk.env.emit({ type: "progress", progress: null });
  let tokensPerSecond: number | null = null;
  const [written] = await writeAll(opt, model.tokenizer, [prompt], options, {
    isCancelled: () => desk.isCancelled,
    onText: (_, { text, tokens }) => {
      tokensPerSecond = rate(tokens);
      tell({ text, tokens, tokensPerSecond, cutTokens, ending: null });
    },
  });
  const { text = "", ids: all = [], ending = "cancelled" } = written ?? {};
  const side = { text, tokens: all.length, tokensPerSecond, cutTokens, ending };
  tell(side);
  return side;
}
