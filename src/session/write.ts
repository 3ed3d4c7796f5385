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
import { fastestLinear } from "./kernelChoice.ts";
import type { OpenModel } from "./openModel.ts";
import type { CommandOf } from "./protocol.ts";
import type { SideReport, WritingReport } from "./reports.ts";
import { withBaseWeights } from "./restoreWeights.ts";
import { reportProgress, type SessionState } from "./state.ts";

/**
 * Generates text from a prompt: by the weights on the GPU, and then by the model before training. Without
 * a run, by the open model alone. `cancel` ends it between two tokens.
 *
 * @throws ZerothError E-CFG-1 for a value out of range, E-OPEN-1 if no model is open, E-MEM-1
 */
export async function write(session: SessionState, { request }: CommandOf<"write">): Promise<void> {
  checkWriting(request);
  const { run } = session.workspace;
  if (!run) return writeByBase(session, request);
  const { opened, model } = run.context;
  const text = textFor(request, opened, run);
  const room = roomFor(writingGround(model), text);
  await admitWriting(opened.device, { config: model.config, layout: model.layout, room });
  const writeAs = (sideOf: Side) => writeSide(session, model, opened, request, text, sideOf);
  if (run.lastStep === 0) {
    await writeAs((before) => ({ before, after: null }));
    return;
  }
  const after = await writeAs((side) => ({ before: null, after: side }));
  if (session.schedule.isCancelled) return;
  await withBaseWeights(session, () => writeAs((before) => ({ before, after })));
}

/** Buffers to process a prompt in parts of 128 tokens. */
const readingCapacity = { tokens: 64, scored: 1, options: 1, examples: 1 };

async function writeByBase(session: SessionState, request: WritingRequest): Promise<void> {
  const opened = session.workspace.requireModel();
  const { device } = opened;
  const report = reportProgress(session);
  if (!opened.isBase) await opened.reload(report);
  const { config, weights } = opened;
  const { layout } = weights;
  const ground = {
    config,
    capacity: readingCapacity,
    maxBindingBytes: bindableBytes(device.info),
  };
  const text = textFor(request, opened, null);
  await admitWriting(device, {
    config,
    layout,
    room: roomFor(ground, text),
    beside: planWork({ ...ground, layout, hasMasks: false, hasSnapshot: false }),
  });
  const model = await Model.create({
    device,
    weights,
    sources: session.env.sources,
    noise: "binomial",
    capacity: readingCapacity,
    linear: await fastestLinear(session, opened),
    onCompiled: (done, total) =>
      report({ label: "Preparing GPU programs", done, total, unit: "shaders" }),
  });
  try {
    await writeSide(session, model, opened, request, text, (before) => ({ before, after: null }));
  } finally {
    model.destroy();
  }
}

interface Prompt {
  readonly prompt: readonly number[];
  readonly maxNewTokens: number;
  /** Cut from its beginning. */
  readonly cutTokens: number;
}

/** Returns the prompt as ids, cut on the left to the positions of the model. */
function textFor(
  request: WritingRequest,
  { tokenizer, config }: OpenModel,
  run: ActiveRun | null,
): Prompt {
  const ids = [
    ...idsBefore(tokenizer, run?.record.task ?? {}),
    ...tokenizer.encode(request.prompt),
  ];
  if (ids.length === 0)
    throw new ZerothError("E-CFG-1", "The prompt is empty. Enter the text to continue.");
  const fitted = fitPrompt(ids, request.maxNewTokens, config.maxPositionEmbeddings);
  return { ...fitted, cutTokens: ids.length - fitted.prompt.length };
}

function roomFor(ground: WritingGround, { prompt, maxNewTokens }: Prompt) {
  return planRoom(ground, [prompt], maxNewTokens);
}

/** Which of the two texts of a report this one is. */
type Side = (text: SideReport) => Pick<WritingReport, "before" | "after">;

/** Generates one text, and reports it as it grows. */
async function writeSide(
  session: SessionState,
  model: Model,
  { tokenizer }: OpenModel,
  request: WritingRequest,
  { prompt, maxNewTokens, cutTokens }: Prompt,
  sideOf: Side,
): Promise<SideReport> {
  const { env, schedule } = session;
  const report = (side: SideReport) =>
    env.emit({ type: "written", writing: { request, ...sideOf(side) } });
  const options: WritingOptions = { ...request, maxNewTokens };
  const rate = tokenRate(() => env.now());
  report({ text: "", tokens: 0, tokensPerSecond: null, cutTokens, ending: null });
  env.emit({ type: "progress", progress: null });
  let tokensPerSecond: number | null = null;
  const [written] = await writeAll(model, tokenizer, [prompt], options, {
    isCancelled: () => schedule.isCancelled,
    onText: (_, { text, tokens }) => {
      tokensPerSecond = rate(tokens);
      report({ text, tokens, tokensPerSecond, cutTokens, ending: null });
    },
  });
  const { text = "", ids = [], ending = "cancelled" } = written ?? {};
  const side = { text, tokens: ids.length, tokensPerSecond, cutTokens, ending };
  report(side);
  return side;
}
